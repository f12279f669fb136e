"""Makes dynamic-golden.json beside this file with PyTorch in float64: dynamic evaluation of a tied LSTM of two layers.

    python3 test/adapt/make-golden.py

The gradients are PyTorch's; statistics, decay and steps are the equations of Krause et al. (2018), written out. Weights
are rounded to six decimals before use, results to twelve significant digits.
"""

import json
import os

import torch
from torch import nn
from torch.nn import functional as F

V, H, L, SEGMENT, TOKENS = 11, 6, 2, 5, 23
RATE, DECAY, EPSILON = 0.02, 0.05, 0.5

torch.set_default_dtype(torch.float64)
generator = torch.Generator().manual_seed(7)


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(V, H)
        self.rnn = nn.LSTM(H, H, L)
        self.decoder = nn.Linear(H, V)
        self.decoder.weight = self.embedding.weight
        for parameter in self.parameters():
            parameter.data = torch.round(torch.randn(parameter.shape, generator=generator), decimals=6)

    def loss(self, inputs, targets, state):
        y, state = self.rnn(self.embedding(inputs)[:, None], state)
        rows = F.cross_entropy(self.decoder(y[:, 0]), targets, reduction="none")
        return rows, tuple(part.detach() for part in state)


def gradients(model, rows):
    model.zero_grad()
    rows.mean().backward()
    return {name: p.grad.clone() for name, p in model.named_parameters()}


def segments(text):
    for start in range(0, len(text) - 1, SEGMENT):
        part = text[start : start + SEGMENT + 1]
        yield part[:-1], part[1:]


def statistics(model, text):
    """r = sqrt(mean of g^2) over the segments of a text."""
    state, sums, count = None, {}, 0
    for inputs, targets in segments(text):
        rows, state = model.loss(inputs, targets, state)
        for name, g in gradients(model, rows).items():
            sums[name] = sums.get(name, 0) + g**2
        count += 1
    return {name: (total / count).sqrt() for name, total in sums.items()}


def follow(method, text, rms):
    torch.manual_seed(0)
    generator.manual_seed(7)
    model = Model()
    trained = {name: p.detach().clone() for name, p in model.named_parameters()}
    mean = torch.cat([r.flatten() for r in rms.values()]).mean()
    state, logs = None, []
    for inputs, targets in segments(text):
        rows, state = model.loss(inputs, targets, state)
        logs += (-rows).tolist()
        if len(inputs) < SEGMENT:
            break
        g = gradients(model, rows)
        for name, p in model.named_parameters():
            r = rms[name]
            back = (DECAY * r / mean).clamp(max=1) if method == "rms" else DECAY
            step = g[name] / (r + EPSILON * mean) if method == "rms" else g[name]
            p.data = p.data + back * (trained[name] - p.data) - RATE * step
    return {"log_probabilities": [float(f"{x:.12g}") for x in logs]}


generator.manual_seed(7)
model = Model()
text = torch.randint(V, (TOKENS + 1,), generator=generator)
other = torch.randint(V, (41,), generator=generator)
rms = statistics(model, other)
names = [name for name, _ in model.named_parameters()]
golden = {
    "sizes": {"vocabulary": V, "hidden": H, "layers": L},
    "segment": SEGMENT,
    "rate": RATE,
    "decay": DECAY,
    "epsilon": EPSILON,
    "weights": {name: [round(x, 6) for x in p.flatten().tolist()] for name, p in model.named_parameters()},
    "text": text.tolist(),
    "statistics_text": other.tolist(),
    "rms": {name: [float(f"{x:.12g}") for x in rms[name].flatten().tolist()] for name in names},
    "followed": {method: follow(method, text, rms) for method in ("sgd", "rms")},
}
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "dynamic-golden.json")
with open(path, "w") as file:
    json.dump(golden, file, separators=(",", ":"))
    file.write("\n")
