"""Trains everyday-clip from the packed data on one GPU: teacher, bank, student, polish, evaluation, export.

`python -m everyday_clip.train --data DATA --out OUT --total 540`; `--check` only looks whether everything is there and how fast
each stage runs; `--smoke` runs every stage in miniature on a CPU.
"""

import time

BEFORE_IMPORTS = time.time()

import copy  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import random  # noqa: E402
import sys  # noqa: E402
import traceback  # noqa: E402
from pathlib import Path  # noqa: E402

import torch  # noqa: E402
from safetensors.torch import save_file  # noqa: E402

from . import texts  # noqa: E402
from .batches import Batches, Scenes  # noqa: E402
from .check import check_files, check_speed  # noqa: E402
from .embedders import OwnEmbedder  # noqa: E402
from .evaluate import Evaluation, table  # noqa: E402
from .model import GRID, Clip  # noqa: E402
from .options import LAYOUTS, parsed  # noqa: E402
from .polish import Polish, remember  # noqa: E402
from .run_log import Log, process_start  # noqa: E402
from .student import Lesson, Student  # noqa: E402
from .student_training import Run, warm_up  # noqa: E402
from .teacher import Judge, Teacher, build_bank, fine_tune  # noqa: E402
from .teacher_workshop import TeacherWorkshop  # noqa: E402
from .weights import save_folder  # noqa: E402


def run(options, log) -> None:
    """The whole: teacher, bank, student, polish, evaluation, export."""
    shop = TeacherWorkshop(options, log)
    plan, ids, said, simple = shop.plan_scenes()
    device = torch.device(options.device)
    shop.to(device)
    plan_there = plan.to(device) if plan is not None else None
    simple_there = simple.to(device) if simple is not None else None
    scenes = Scenes.of(plan, ids, said, device) if plan is not None else None
    layout = LAYOUTS[options.teacher_format]
    teacher = Teacher(copy.deepcopy(shop.lite), len(shop.concepts), shop.trained_on_device).to(device)
    teacher = fine_tune(teacher, shop.material, simple_there, options, options.teacher_seconds, log, layout, options.most_steps)
    judge = Judge(teacher, layout, device, options.bank_batch, shop.lite if options.first_share else None, shop.original_head)
    evaluation = Evaluation(shop, log, options.evaluated)
    evaluation.of_teacher(judge)
    bank = build_bank(judge, shop.material, plan_there, options.views, options.scenes, options.bank_seconds, options.bank_batch, options.first_share, log)
    save_teacher(teacher, options.out)
    del teacher, judge.net, judge.original
    if device.type == "cuda":
        torch.cuda.empty_cache()
        log(f"{torch.cuda.memory_allocated() / 2**30:.1f} GiB in use before the student")
    dtype = torch.bfloat16
    student = Student(shop.tokenizer.get_vocab_size(), shop.tokenizer.token_to_id(texts.END)).to(device)
    log(f"student: {sum(w.numel() for w in student.clip.parameters()) / 1e6:.2f} M weights")
    lesson = Lesson(student, Batches(bank, scenes, shop.tables, shop.trained_on_device, options.batch, dtype))
    warm_up(lesson, [max(1, round(GRID * GRID * options.keep)), GRID * GRID], options.compile and device.type == "cuda" or options.force_compile, log)
    seconds = options.seconds or max(5.0, options.total - (time.time() - options.began) - options.reserve)
    log(f"the student has {seconds:.0f} s")
    session = Run(lesson, options.lr)

    def save(clip: Clip, template: str = texts.CANDIDATES[0]) -> None:
        save_folder(clip, shop.tokenizer, template, options.out / "export")

    session.train(options, seconds, log, save)
    clip = session.averaged()
    save(clip)
    if device.type == "cuda":
        log(f"most memory: {torch.cuda.max_memory_allocated() / 2**30:.1f} GiB")
    memory = remember(shop, clip, options.polish_pictures, options.polish_pictures if shop.planner is not None else 0, options.composed, dtype)
    Polish(shop, clip, memory, dtype).run(options.polish_steps, options.polish_lr)
    template = evaluation.of_student(OwnEmbedder(clip.requires_grad_(False), shop.tokenizer))
    save(clip, template)
    (options.out / "eval.json").write_text(json.dumps(evaluation.figures, indent=1) + "\n")
    log("\n" + table(evaluation.figures, None))
    log("finished")


def save_teacher(teacher: Teacher, out: Path) -> None:
    """Writes the teacher's weights as f16."""
    state = {k: v.detach().half().cpu().contiguous() for k, v in teacher.state_dict().items() if v.is_floating_point()}
    save_file(state, str(out / "teacher.safetensors"))


def main() -> None:
    options = parsed(__doc__)
    options.began = process_start(BEFORE_IMPORTS)
    torch.manual_seed(options.seed)
    random.seed(options.seed)
    torch.set_float32_matmul_precision("high")
    torch.backends.cudnn.benchmark = options.cudnn_search
    if options.device == "cpu":
        torch.set_num_threads(2)
    log = Log(options.out, options.began)
    log(f"torch {torch.__version__}, Python {sys.version.split()[0]}, {os.cpu_count()} CPUs, {vars(options)}")
    try:
        check_files(options.data)
        (check_speed if options.check else run)(options, log)
    except Exception:
        log(traceback.format_exc())
        raise


if __name__ == "__main__":
    main()
