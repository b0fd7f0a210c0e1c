//! Interprets the pickle of a PyTorch checkpoint: only the opcodes that `torch.save` writes for a dictionary of
//! tensors, and `torch.jit.save` for a module.
//!
//! Nothing in it is run, and no value holds another: tuples and dictionaries lie in lists and are named by their
//! place there, so that no input nests deeper than this program's stack. Crates for pickles build whatever a file
//! asks for, hence a reader of our own.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::malformed;
use super::opcodes::{MAX_NAME, argument_len};
use crate::error::Result;
use crate::weights::quantize::blocks::dtype::Dtype;

/// The most axes of a tensor.
const MAX_AXES: usize = 8;
/// The most tensors: a CLIP has some hundreds.
const MAX_TENSORS: usize = 1 << 14;
/// The most arguments that are looked at.
const MAX_ARGUMENTS: usize = 8;

/// A tensor of the dictionary: a view of a storage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct View {
    pub name: String,
    /// The file of the storage in the archive: `data/KEY`.
    pub key: String,
    /// `None` for types that no weights have.
    pub dtype: Option<Dtype>,
    /// Bytes of one value.
    pub value_bytes: usize,
    /// Values of the whole storage.
    pub storage_len: usize,
    /// In values.
    pub offset: usize,
    pub shape: Vec<usize>,
    /// In values.
    pub stride: Vec<usize>,
}

#[derive(Clone, Copy, Debug)]
enum Value {
    Mark,
    Int(i64),
    /// A place in the pickle.
    Text(usize, usize),
    /// A module and a name, each ended by a newline, at this place in the pickle.
    Global(usize, usize),
    Tuple(usize),
    Dict(usize),
    /// A module of TorchScript, by the dictionary of its attributes.
    Module(usize),
    Storage(usize),
    Tensor(usize),
    /// Anything that no tensor is made of.
    Other,
}

/// The tensors of a whole pickle, in the order of the dictionary; of the dictionary `state_dict` in it, if there is
/// one. Those of a module are named by the way to them, as in its state dict.
///
/// # Errors
/// `Malformed` for a pickle that holds anything else.
pub fn tensors(pickle: &[u8]) -> Result<Vec<View>> {
    let mut machine = Machine { pickle, ..Machine::default() };
    let mut at = 0;
    while at < pickle.len() {
        let argument = argument_len(pickle[at], &pickle[at + 1..])?.ok_or_else(cut_short)?;
        let argument = pickle.get(at + 1..at + 1 + argument).ok_or_else(cut_short)?;
        machine.step(pickle[at], at + 1, argument)?;
        at += 1 + argument.len();
    }
    machine.finish()
}

#[derive(Default)]
struct Machine<'a> {
    pickle: &'a [u8],
    stack: Vec<Value>,
    memo: HashMap<u32, Value>,
    tuples: Vec<Vec<Value>>,
    dicts: Vec<Vec<(Value, Value)>>,
    storages: Vec<PickledStorage>,
    tensors: Vec<View>,
}

#[derive(Clone)]
struct PickledStorage {
    key: String,
    dtype: Option<Dtype>,
    value_bytes: usize,
    len: usize,
}

impl Machine<'_> {
    fn step(&mut self, opcode: u8, at: usize, argument: &[u8]) -> Result<()> {
        let number = || argument.iter().rev().fold(0u32, |number, &byte| number << 8 | u32::from(byte));
        let value = match opcode {
            0x80 | b'.' => return Ok(()),
            b'(' => Value::Mark,
            b'N' | b'G' | 0x88 | 0x89 | b']' => Value::Other,
            b')' => self.tuple(Vec::new()),
            b'}' => self.dict(),
            b'K' | b'M' => Value::Int(number().into()),
            b'J' => Value::Int((number() as i32).into()),
            0x8a => long(&argument[1..]),
            b'X' => Value::Text(at + 4, at + argument.len()),
            b'c' => Value::Global(at, at + argument.len()),
            b'q' | b'r' => {
                let top = *self.stack.last().ok_or_else(underflow)?;
                self.memo.insert(number(), top);
                return Ok(());
            }
            b'h' | b'j' => *self.memo.get(&number()).ok_or_else(underflow)?,
            b't' => {
                let items = self.pop_to_mark()?;
                self.tuple(items)
            }
            0x85..=0x87 => {
                let count = usize::from(opcode - 0x84);
                let first = self.stack.len().checked_sub(count).ok_or_else(underflow)?;
                let items = self.stack.split_off(first);
                self.tuple(items)
            }
            b'Q' => {
                let id = self.pop()?;
                self.storage(id)?
            }
            b'R' | 0x81 => {
                let (arguments, callable) = (self.pop()?, self.pop()?);
                self.call(callable, arguments)?
            }
            b'b' => {
                let attributes = self.pop()?;
                return self.build(attributes);
            }
            b'a' => return self.pop().map(drop),
            b'e' => return self.pop_to_mark().map(drop),
            b's' => {
                let (value, key) = (self.pop()?, self.pop()?);
                return self.set(&[key, value]);
            }
            b'u' => {
                let items = self.pop_to_mark()?;
                return self.set(&items);
            }
            _ => return Err(malformed(format!("the pickle has the opcode {opcode:#04x}"))),
        };
        self.stack.push(value);
        Ok(())
    }

    fn pop(&mut self) -> Result<Value> {
        self.stack.pop().ok_or_else(underflow)
    }

    fn pop_to_mark(&mut self) -> Result<Vec<Value>> {
        let mark = self.stack.iter().rposition(|value| matches!(value, Value::Mark)).ok_or_else(underflow)?;
        let items = self.stack.split_off(mark + 1);
        self.stack.pop();
        Ok(items)
    }

    fn tuple(&mut self, items: Vec<Value>) -> Value {
        self.tuples.push(items);
        Value::Tuple(self.tuples.len() - 1)
    }

    fn dict(&mut self) -> Value {
        self.dicts.push(Vec::new());
        Value::Dict(self.dicts.len() - 1)
    }

    /// Puts keys and values, by turns, into the dictionary on the stack.
    fn set(&mut self, items: &[Value]) -> Result<()> {
        let top = *self.stack.last().ok_or_else(underflow)?;
        if let Value::Dict(dict) = top {
            self.dicts[dict].extend(items.as_chunks().0.iter().map(|&[key, value]| (key, value)));
        }
        Ok(())
    }

    /// Gives the object on the stack its attributes; only a module's are of interest.
    fn build(&mut self, attributes: Value) -> Result<()> {
        let top = *self.stack.last().ok_or_else(underflow)?;
        if let (Value::Module(module), Value::Dict(dict)) = (top, attributes) {
            self.dicts[module] = std::mem::take(&mut self.dicts[dict]);
        }
        Ok(())
    }

    fn call(&mut self, callable: Value, arguments: Value) -> Result<Value> {
        let Value::Global(start, end) = callable else { return Ok(Value::Other) };
        let arguments: Vec<_> = self.items(arguments).iter().take(MAX_ARGUMENTS).copied().collect();
        Ok(match &self.pickle[start..end] {
            class if class.starts_with(b"__torch__") => {
                self.dicts.push(Vec::new());
                Value::Module(self.dicts.len() - 1)
            }
            b"collections\nOrderedDict\n" => self.dict(),
            b"torch._utils\n_rebuild_tensor_v2\n" => self.tensor(&arguments)?,
            b"torch._utils\n_rebuild_parameter\n" => arguments.first().copied().unwrap_or(Value::Other),
            _ => Value::Other,
        })
    }

    fn items(&self, value: Value) -> &[Value] {
        if let Value::Tuple(tuple) = value { &self.tuples[tuple] } else { &[] }
    }

    fn text(&self, value: Value) -> Option<&str> {
        // The length first: a few bytes may name the same long text over and over.
        let Value::Text(start, end) = value else { return None };
        (end - start <= MAX_NAME).then(|| std::str::from_utf8(&self.pickle[start..end]).ok()).flatten()
    }

    fn sizes(&self, value: Value) -> Option<Vec<usize>> {
        let sizes = self.items(value);
        (sizes.len() <= MAX_AXES).then(|| sizes.iter().map(|&size| whole(size)).collect()).flatten()
    }

    /// `("storage", type, key, device, values)`
    fn storage(&mut self, id: Value) -> Result<Value> {
        let storage = match *self.items(id) {
            [_, Value::Global(start, end), key, _, len] => {
                let (dtype, value_bytes) = storage_type(&self.pickle[start..end]);
                let key = self.text(key).map(str::to_owned);
                key.zip(whole(len)).map(|(key, len)| PickledStorage { key, dtype, value_bytes, len })
            }
            _ => None,
        };
        let storage =
            storage.ok_or_else(|| malformed("the pickle refers to a storage in an unknown way".into()))?;
        self.storages.push(storage);
        check_count(self.storages.len(), "storages")?;
        Ok(Value::Storage(self.storages.len() - 1))
    }

    /// `(storage, offset, shape, stride, …)`
    fn tensor(&mut self, arguments: &[Value]) -> Result<Value> {
        let view = match *arguments {
            [Value::Storage(storage), offset, shape, stride, ..] => {
                let PickledStorage { key, dtype, value_bytes, len } = self.storages[storage].clone();
                let parts = (whole(offset), self.sizes(shape), self.sizes(stride));
                if let (Some(offset), Some(shape), Some(stride)) = parts {
                    let (name, storage_len) = (String::new(), len);
                    Some(View { name, key, dtype, value_bytes, storage_len, offset, shape, stride })
                } else {
                    None
                }
            }
            _ => None,
        };
        self.tensors
            .push(view.ok_or_else(|| malformed("the pickle has a tensor of an unknown form".into()))?);
        check_count(self.tensors.len(), "tensors")?;
        Ok(Value::Tensor(self.tensors.len() - 1))
    }

    fn finish(self) -> Result<Vec<View>> {
        let views = match self.stack.last().copied() {
            Some(Value::Dict(dict)) => self.of_dictionary(dict),
            Some(Value::Module(module)) => self.of_module(module),
            _ => return Err(malformed("the pickle is neither a dictionary of tensors nor a module".into())),
        };
        check_count(views.len(), "tensors")?;
        Ok(views)
    }

    fn of_dictionary(&self, mut dict: usize) -> Vec<View> {
        let inner = self.dicts[dict].iter().find(|(key, _)| self.text(*key) == Some("state_dict"));
        if let Some((_, Value::Dict(inner))) = inner {
            dict = *inner;
        }
        let named = self.dicts[dict].iter().filter_map(|&(key, value)| {
            let (Some(name), Value::Tensor(tensor)) = (self.text(key), value) else { return None };
            Some(View { name: name.to_owned(), ..self.tensors[tensor].clone() })
        });
        named.take(MAX_TENSORS + 1).collect()
    }

    /// The tensors of a module and of those in it; one that is in several places is found in the first.
    fn of_module(&self, module: usize) -> Vec<View> {
        let (mut views, mut waiting) = (Vec::new(), vec![(String::new(), module)]);
        let mut seen = HashSet::from([module]);
        while let Some((path, module)) = waiting.pop() {
            for &(key, value) in &self.dicts[module] {
                let name = self.text(key).map(|key| format!("{path}{key}")).unwrap_or_default();
                match value {
                    _ if name.is_empty() || name.len() > MAX_NAME || views.len() > MAX_TENSORS => {}
                    Value::Tensor(tensor) => views.push(View { name, ..self.tensors[tensor].clone() }),
                    Value::Module(inner) if seen.insert(inner) => waiting.push((name + ".", inner)),
                    _ => {}
                }
            }
        }
        views
    }
}

/// What a few bytes name once more takes hundreds: a pickle may not do so without end.
fn check_count(count: usize, what: &str) -> Result<()> {
    if count <= MAX_TENSORS {
        return Ok(());
    }
    Err(malformed(format!("the pickle has {count} {what}, at most {MAX_TENSORS} are accepted")))
}

/// The element type of a storage class, and the bytes of a value.
fn storage_type(global: &[u8]) -> (Option<Dtype>, usize) {
    match global {
        b"torch\nFloatStorage\n" => (Some(Dtype::F32), 4),
        b"torch\nHalfStorage\n" => (Some(Dtype::F16), 2),
        b"torch\nBFloat16Storage\n" => (Some(Dtype::Bf16), 2),
        b"torch\nDoubleStorage\n" | b"torch\nLongStorage\n" => (None, 8),
        b"torch\nIntStorage\n" => (None, 4),
        b"torch\nShortStorage\n" => (None, 2),
        _ => (None, 1),
    }
}

/// A number that is not negative.
fn whole(value: Value) -> Option<usize> {
    if let Value::Int(number) = value { number.try_into().ok() } else { None }
}

/// A little-endian number of up to eight bytes.
fn long(bytes: &[u8]) -> Value {
    if bytes.len() > 8 {
        return Value::Other;
    }
    let negative = bytes.last().is_some_and(|&byte| byte > 127);
    Value::Int(
        bytes.iter().rev().fold(if negative { -1 } else { 0 }, |number, &byte| number << 8 | i64::from(byte)),
    )
}

fn underflow() -> crate::Error {
    malformed("the pickle gets a memo entry that it never put".into())
}

fn cut_short() -> crate::Error {
    malformed("the pickle is cut short".into())
}

#[cfg(test)]
mod tests {
    use super::super::opcodes::end;
    use super::*;

    fn text(text: &str) -> Vec<u8> {
        [b"X", &(text.len() as u32).to_le_bytes()[..], text.as_bytes()].concat()
    }

    /// A storage's id as memo 0, `_rebuild_tensor_v2` as memo 1, the storage as memo 2, a tensor's arguments as memo 3;
    /// then `again` as often as that.
    fn pickle(again: &[u8], times: usize) -> Vec<u8> {
        let mut pickle = [b"\x80\x02(", &text("storage")[..], b"ctorch\nFloatStorage\n", &text("0")].concat();
        pickle.extend(
            [&text("cpu")[..], b"K\x04tq\x00Qq\x02ctorch._utils\n_rebuild_tensor_v2\nq\x01"].concat(),
        );
        pickle.extend(b"(h\x02K\x00(K\x04t(K\x01ttq\x03");
        pickle.extend(again.repeat(times));
        pickle.extend(b"}.");
        pickle
    }

    #[test]
    fn a_line_without_an_end_is_refused_as_soon_as_it_is_longer_than_a_name() {
        let line = [b"\x80\x02c".as_slice(), &vec![b'a'; 512 << 10]].concat();
        // As it comes, byte by byte: most of it is not looked at, and what is not more than once.
        let mut scanned = 0;
        let refused = (0..line.len()).find(|&len| end(&line[..len], &mut scanned).is_err());
        assert_eq!(refused, Some(3 + MAX_NAME + 1));
        let message = tensors(&line).unwrap_err().to_string();
        assert!(message.contains("of more than 512 bytes"), "{message}");
        // The second of the two lines as well.
        assert!(tensors(&[b"ctorch\n".as_slice(), &line[3..]].concat()).is_err());
    }

    #[test]
    fn a_long_text_or_tuple_that_is_named_over_and_over_is_not_looked_through_each_time() {
        // 2 MB of text, and 400,000 entries under it: read through, that would be 800 GB.
        let mut pickle = [b"}(", &text(&"a".repeat(2 << 20))[..], b"q\x00K\x01"].concat();
        pickle.extend(b"h\x00K\x01".repeat(400_000));
        pickle.extend(b"u.");
        assert!(tensors(&pickle).unwrap().is_empty());
    }

    #[test]
    fn what_a_few_bytes_name_once_more_is_counted() {
        for (again, what) in [(&b"h\x00Q"[..], "storages"), (b"h\x01h\x03R", "tensors")] {
            assert!(tensors(&pickle(again, 100)).is_ok());
            let message = tensors(&pickle(again, 1_000_000)).unwrap_err().to_string();
            assert!(message.contains(&format!("16385 {what}, at most 16384")), "{message}");
        }
    }
}
