"""The look before a GPU run: whether everything is there, and how fast each stage runs; what cannot work fails here, in a minute.

Compiled kernels land in the cache that the run itself reads.
"""

import copy
import time

import torch

from .batches import Batches, Scenes
from .evaluate import Evaluation
from .model import GRID
from .options import LAYOUTS
from .polish import Polish, remember
from .student import Lesson, Student, total_of
from .student_training import Run, warm_up
from .teacher import Judge, Teacher, build_bank, fine_tune
from .teacher_workshop import TeacherWorkshop

NEEDED = ["photos.json", "sprites.json", "concepts.json", "full-size.npz", "teacher.pt"]
PICTURES, SCENES, STEPS = 16_384, 8_192, 20


def check_files(folder) -> None:
    """Fails where a file of the data is not there."""
    missing = [name for name in NEEDED if not (folder / name).exists()]
    if missing:
        raise FileNotFoundError(f"{folder} has no {', '.join(missing)}: training/prepare makes the data")


def check_speed(options, log) -> None:
    """Runs every stage for a moment and says what the whole would reach."""
    options.scenes = min(options.scenes, SCENES)
    options.teacher_scenes = min(options.teacher_scenes, SCENES)
    shop = TeacherWorkshop(options, log)
    empty = [source for number, source in enumerate(shop.photos.sources) if not len(shop.photos.of("train", number)) and source != "imagenet-samples"]
    if empty:
        raise ValueError(f"no training photographs of {', '.join(empty)}: pack again")
    plan, ids, said, simple = shop.plan_scenes()
    device = torch.device(options.device)
    shop.to(device)
    teacher = Teacher(copy.deepcopy(shop.lite), len(shop.concepts), shop.trained_on_device).to(device)
    layout = LAYOUTS[options.teacher_format]
    teacher = fine_tune(teacher, shop.material, simple.to(device), options, 1e9, log, layout, STEPS)
    judge = Judge(teacher, layout, device, options.bank_batch, shop.lite, shop.original_head)
    bank = build_bank(judge, shop.material, plan.to(device), min(options.views, PICTURES), options.scenes, options.bank_seconds, options.bank_batch, options.first_share, log)
    student = Student(shop.tokenizer.get_vocab_size(), shop.tokenizer.token_to_id("<|endoftext|>")).to(device)
    dtype = torch.bfloat16
    batches = Batches(bank, Scenes.of(plan, ids, said, device), shop.tables, shop.trained_on_device, options.batch, dtype)
    lesson = Lesson(student, batches)
    for keep in (max(1, round(GRID * GRID * options.keep)), GRID * GRID):
        warm_up(lesson, [keep], options.compile and device.type == "cuda" or options.force_compile, log)
        run, began = Run(lesson, options.lr), time.time()
        for _ in range(STEPS if options.device != "cpu" else 2):
            terms = run.step(keep, 0.1)
        loss = total_of(terms).item()
        if not loss < 1e4:
            raise FloatingPointError(f"the loss is {loss} after {run.steps} steps")
        log(f"{keep} patches: {run.steps * options.batch / (time.time() - began):.0f} pictures/s, loss {loss:.2f}")
    clip = run.averaged()
    began = time.time()
    polish = Polish(shop, clip, remember(shop, clip, options.polish_pictures // 10, options.polish_pictures // 10, options.composed, dtype), dtype)
    polish.run(2, 0.0)
    log(f"polish: {(time.time() - began):.1f} s for its start and two steps")
    evaluation = Evaluation(shop, log, options.evaluated // 10)
    log(f"evaluation ready: {len(evaluation.test_items)} test photographs")
    if device.type == "cuda":
        log(f"most memory: {torch.cuda.max_memory_allocated() / 2**30:.1f} GiB of {torch.cuda.get_device_properties(0).total_memory / 2**30:.0f}")
    log("the check is passed")
