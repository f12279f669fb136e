"""PyTorch's word-language-model example on a text, driven by bench/time-to-quality.ts: a line of JSON in, lines of JSON out.

The example's own settings (pytorch/examples, word_language_model): an LSTM of 2 x 200, tied, dropout 0.2; 20 streams,
35 tokens a step; SGD at 20, which is divided by 4 where an epoch's validation is no better; gradients clipped to 0.25.
Its step and its network are those of pytorch-peer.py. The task names files of token numbers (int32), so that both
libraries predict the same tokens of the same vocabulary; reading the text costs nothing here.

Each validation is a line: {"seconds": ..., "epoch": ..., "perplexity": ..., "lr": ...}. The clock runs from the start of
the program, and stands still while a validation is made that the example does not have ("every": so many updates).

    {"train": "train.ids", "valid": "valid.ids", "vocabulary": 33278, "minutes": 60, "threads": 2, "every": 0}
"""

import time

START = time.perf_counter()

import importlib
import json
import math
import sys

import torch
from torch import nn
from torch.nn.functional import cross_entropy

peer = importlib.import_module("pytorch-peer")

SIZES = {"cell": "lstm", "embedding": 200, "hidden": 200, "layers": 2, "tie": True, "dropout": 0.2}
STREAMS, STEPS = 20, 35
VALIDATION_STREAMS = 10
RATE, DIVISOR = 20, 4
INIT = 0.1


class Clock:
    """Seconds since the start, without those that were taken out."""

    def __init__(self):
        self.out = 0.0

    def __call__(self):
        return time.perf_counter() - START - self.out


def streams(path, count):
    """The tokens as `count` columns."""
    with open(path, "rb") as file:
        ids = torch.frombuffer(bytearray(file.read()), dtype=torch.int32).long()
    rows = len(ids) // count
    return ids[: rows * count].view(count, rows).t().contiguous()


def windows(ids):
    """Inputs and targets, STEPS rows at a time; the last window is shorter."""
    for at in range(0, len(ids) - 1, STEPS):
        steps = min(STEPS, len(ids) - 1 - at)
        yield ids[at : at + steps], ids[at + 1 : at + 1 + steps].flatten()


@torch.inference_mode()
def perplexity(network, ids):
    network.eval()
    state, total, count = None, 0.0, 0
    for inputs, targets in windows(ids):
        logits, state = network(inputs, state)
        total += len(targets) * cross_entropy(logits.flatten(0, 1), targets).item()
        count += len(targets)
    network.train()
    return math.exp(total / count)


def main():
    task = json.loads(sys.stdin.readline())
    torch.set_num_threads(task["threads"])
    torch.manual_seed(task.get("seed", 1111))
    clock, every = Clock(), task.get("every", 0)
    network = peer.Network({**SIZES, "vocabulary": task["vocabulary"]})
    nn.init.uniform_(network.embedding.weight, -INIT, INIT)
    nn.init.zeros_(network.decoder.bias)
    train, valid = streams(task["train"], STREAMS), streams(task["valid"], VALIDATION_STREAMS)
    weights = list(network.parameters())
    rate, best, epoch, updates = RATE, math.inf, 0, 0

    def tell(measured):
        peer.answer({"seconds": clock(), "epoch": epoch, "updates": updates, "perplexity": measured, "lr": rate})

    while True:
        state = None
        for inputs, targets in windows(train):
            network.zero_grad()
            logits, state = network(inputs, peer.cut(state))
            cross_entropy(logits.flatten(0, 1), targets).backward()
            nn.utils.clip_grad_norm_(weights, peer.CLIP)
            with torch.no_grad():
                for weight in weights:
                    weight.add_(weight.grad, alpha=-rate)
            updates += 1
            if clock() >= 60 * task["minutes"]:
                tell(perplexity(network, valid))
                return peer.answer({"torch": torch.__version__})
            if every and updates % every == 0:
                before = time.perf_counter()
                measured = perplexity(network, valid)
                clock.out += time.perf_counter() - before
                tell(measured)
        epoch += 1
        measured = perplexity(network, valid)
        tell(measured)
        if measured < best:
            best = measured
        else:
            rate /= DIVISOR


main()
