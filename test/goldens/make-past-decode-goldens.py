"""Makes past-decode/*.json with PyTorch: past-decode regularisation (arXiv 1808.05908) by its equations, differentiated.

    venv/bin/python test/goldens/make-past-decode-goldens.py

Needs torch (made with 2.13.0, on a CPU, in float64). Inputs are rounded to six decimals before use, results to twelve
significant digits; everything is drawn from a fixed seed.
"""

import json
import os

import torch
from torch.nn import functional as F

ROWS, VOCABULARY, WIDTH, STRENGTH, IGNORED = 6, 9, 4, 0.7, -1


def drawn(generator, *shape):
    x = torch.round((2 * torch.rand(*shape, generator=generator) - 1) * 0.8, decimals=6)
    return x.requires_grad_()


def numbers(tensor):
    return [float(f"{x:.12g}") for x in tensor.detach().reshape(-1).tolist()]


def main():
    torch.set_default_dtype(torch.float64)
    generator = torch.Generator().manual_seed(7)
    inputs = {
        "h": drawn(generator, ROWS, WIDTH),
        "weight": drawn(generator, VOCABULARY, WIDTH),
        "bias": drawn(generator, VOCABULARY),
        "pastWeight": drawn(generator, WIDTH, WIDTH),
        "pastBias": drawn(generator, WIDTH),
        "pastDecoderBias": drawn(generator, VOCABULARY),
    }
    targets, previous = (torch.randint(VOCABULARY, (ROWS,), generator=generator) for _ in range(2))
    targets[2] = previous[2] = IGNORED
    h, w, b, past_w, past_b, past_decoder_b = inputs.values()
    logits = h @ w.T + b
    e = torch.softmax(logits, -1) @ w
    r = torch.tanh(e @ past_w.T + past_b)
    loss = F.cross_entropy(logits, targets, ignore_index=IGNORED)
    past = F.cross_entropy(r @ w.T + past_decoder_b, previous, ignore_index=IGNORED)
    (loss + STRENGTH * past).backward()
    golden = {
        "rows": ROWS,
        "vocabulary": VOCABULARY,
        "width": WIDTH,
        "strength": STRENGTH,
        "inputs": {name: numbers(x) for name, x in inputs.items()},
        "targets": targets.tolist(),
        "previous": previous.tolist(),
        "loss": numbers(loss)[0],
        "pastLoss": numbers(past)[0],
        "gradients": {name: numbers(x.grad) for name, x in inputs.items()},
    }
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "past-decode")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "rows.json"), "w", encoding="utf-8") as file:
        inner = ",\n".join(f" {json.dumps(k)}: {json.dumps(v, separators=(',', ':'))}" for k, v in golden.items())
        file.write(f"{{\n{inner}\n}}\n")


if __name__ == "__main__":
    main()
