"""PyTorch at the workloads of `npm run bench`, driven by bench/peer.ts: a line of JSON in, a line of JSON out.

The first line says what to do: kind (training, generation, evaluation), sizes (cell, vocabulary, embedding, hidden,
layers, batch, steps, optimizer, tie, dropout), threads, and precision (bf16: training under autocast). Every further line is one measurement: {"seconds": 2} is
answered with {"tokens_per_s": ...}. It ends with its input. Needs torch (pip install torch==2.13.0 numpy).

    echo '{"kind":"generation","cell":"gru","vocabulary":96,"embedding":8,"hidden":8,"layers":1,"threads":1}
    {"seconds":1}' | python bench/pytorch-peer.py
"""

import json
import sys
import time

import torch
from torch import nn
from torch.nn.functional import cross_entropy

CELLS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
CLIP = 0.25
TEMPERATURE = 0.8
WARM_UP = 2
AT_LEAST = 3


class Network(nn.Module):
    """Embedding, recurrent layers and output layer, with dropout in three places."""

    def __init__(self, sizes):
        super().__init__()
        V, E, H, layers = (sizes[name] for name in ("vocabulary", "embedding", "hidden", "layers"))
        p = sizes.get("dropout", 0)
        self.embedding = nn.Embedding(V, E)
        self.cells = CELLS[sizes["cell"]](E, H, layers, dropout=p if layers > 1 else 0)
        self.decoder = nn.Linear(H, V)
        self.drop = nn.Dropout(p) if p > 0 else nn.Identity()
        if sizes.get("tie"):
            self.decoder.weight = self.embedding.weight

    def forward(self, ids, state):
        hidden, state = self.cells(self.drop(self.embedding(ids)), state)
        return self.decoder(self.drop(hidden)), state


def cut(state):
    """The state without its history."""
    if state is None:
        return None
    return tuple(part.detach() for part in state) if isinstance(state, tuple) else state.detach()


def window(sizes):
    V, B, T = sizes["vocabulary"], sizes["batch"], sizes["steps"]
    return torch.randint(V, (T, B)), torch.randint(V, (T * B,))


def training(sizes):
    """Forward, backward, clip by norm, update; the state goes on into the next step."""
    network = Network(sizes)
    inputs, targets = window(sizes)
    weights = list(network.parameters())
    optimizer = (
        torch.optim.Adam(weights, lr=1e-3) if sizes["optimizer"] == "adam" else torch.optim.SGD(weights, lr=1.0)
    )
    state = None
    bf16 = sizes.get("precision") == "bf16"

    def step():
        nonlocal state
        optimizer.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bf16):
            logits, state = network(inputs, cut(state))
            loss = cross_entropy(logits.flatten(0, 1), targets)
        loss.backward()
        nn.utils.clip_grad_norm_(weights, CLIP)
        optimizer.step()

    return step, targets.numel()


def evaluation(sizes):
    """Forward and the loss."""
    network = Network(sizes).eval()
    inputs, targets = window(sizes)
    state = None

    @torch.inference_mode()
    def step():
        nonlocal state
        logits, state = network(inputs, state)
        cross_entropy(logits.flatten(0, 1), targets)

    return step, targets.numel()


def generation(sizes):
    """One token of one sequence: forward, softmax at a temperature, draw."""
    network = Network(sizes).eval()
    token = torch.zeros(1, 1, dtype=torch.long)
    state = None

    @torch.inference_mode()
    def step():
        nonlocal state, token
        logits, state = network(token, state)
        token = torch.softmax(logits[-1] / TEMPERATURE, dim=-1).multinomial(1)

    return step, 1


def tokens_per_second(step, tokens, seconds):
    steps, start = 0, time.perf_counter()
    while steps < AT_LEAST or time.perf_counter() - start < seconds:
        step()
        steps += 1
    return steps * tokens / (time.perf_counter() - start)


def answer(record):
    print(json.dumps(record), flush=True)


def main():
    task = json.loads(sys.stdin.readline())
    torch.set_num_threads(task["threads"])
    torch.manual_seed(1)
    step, tokens = {"training": training, "evaluation": evaluation, "generation": generation}[task["kind"]](task)
    for _ in range(WARM_UP):
        step()
    answer({"ready": True, "torch": torch.__version__})
    for line in sys.stdin:
        answer({"tokens_per_s": tokens_per_second(step, tokens, json.loads(line)["seconds"])})


if __name__ == "__main__":
    main()
