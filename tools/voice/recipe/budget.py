"""A time budget for a training that may be stopped at any moment and that several commands share, and checkpoints that are
written atomically."""
import math
import os
import time

import torch

LONGEST_STEP_S = 30  # a longer step means that the machine was paused


class Budget:
    """The minutes of the whole training, and of this command. The time of earlier commands counts; time in which the machine
    was paused does not."""

    def __init__(self, minutes, stop_after_minutes, spent_seconds=0.0):
        self.total, self.now = minutes * 60, spent_seconds
        self.end_here = spent_seconds + stop_after_minutes * 60
        self.looked = self.saved = time.monotonic()

    def spent(self):
        """Seconds so far. Must be called at least once per step."""
        now = time.monotonic()
        self.now += min(now - self.looked, LONGEST_STEP_S)
        self.looked = now
        return self.now

    def share(self):
        """The finished share of the whole training, 0 … 1."""
        return min(1.0, self.spent() / self.total)

    def is_over(self):
        return self.share() >= 1 or self.spent() >= self.end_here

    def wants_saving(self, every_minutes):
        if time.monotonic() - self.saved < every_minutes * 60:
            return False
        self.saved = time.monotonic()
        return True

    def rate(self, highest, step, warm_up_steps, lowest_share=0.01):
        """The current learning rate: rises over the first steps, then falls along a cosine over the remaining time."""
        falling = lowest_share + (1 - lowest_share) * 0.5 * (1 + math.cos(math.pi * self.share()))
        return highest * min(1.0, (step + 1) / warm_up_steps) * falling


def save_whole(value, path):
    """torch.save, but atomic: a reader finds the old or the new file."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    torch.save(value, path + ".part")
    os.replace(path + ".part", path)


def read_checkpoint(path, device="cpu"):
    """The file of save_whole, or None if there is none."""
    return torch.load(path, map_location=device) if os.path.exists(path) else None


def chosen_device():
    return "cuda" if torch.cuda.is_available() else "cpu"


def has_bfloat16(device):
    """Whether matrix products are faster in bfloat16 here."""
    if device == "cuda":
        return True
    try:
        with open("/proc/cpuinfo") as file:
            return "avx512_bf16" in file.read() and hasattr(torch.backends, "cpu")
    except OSError:
        return False


def autocast(device, bfloat16):
    """A context in which matrix products are done in bfloat16, or one that changes nothing."""
    return torch.autocast(device, torch.bfloat16, enabled=bfloat16)
