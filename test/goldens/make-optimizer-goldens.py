"""Makes optimizers/updates.json beside this file with PyTorch in float64: updates of a small matrix by given gradients.

    venv/bin/python test/goldens/make-optimizer-goldens.py     (torch 2.13.0; see make-goldens.py)

`sparseAdam` is PyTorch's own: the rows that a gradient does not have are left alone, moments and all. Its ε, which it adds
before the second moment is corrected, is left out.
`muon` is PyTorch's own, but for its iteration in bfloat16: here it is in float64. Of a matrix and its transpose.
`scheduleFree` is the algorithm of Defazio et al. (2024) in PyTorch's operations, as their package has it, with its warm-up
by hand: x after every update.
`adabelief` is the algorithm of Zhuang et al. (2020) in PyTorch's operations, as its authors' package has it (decoupled
decay, no rectification).
"""

import json
import os

import torch

ROWS, WIDTH, STEPS = 5, 3, 6
RATE, BETA1, BETA2 = 1e-2, 0.9, 0.999
DECAY = 0.1
TOUCHED = [[0, 3], [3], [1, 3, 4], [0, 4], [3], [4, 1, 0]]


def sparse_adam(start, gradients):
    w = torch.nn.Parameter(start.clone())
    optimizer = torch.optim.SparseAdam([w], lr=RATE, betas=(BETA1, BETA2), eps=1e-30)
    after = []
    for rows, gradient in zip(TOUCHED, gradients):
        w.grad = torch.sparse_coo_tensor([rows], gradient[rows], start.shape)
        optimizer.step()
        after.append(w.detach().clone())
    return after


def adabelief(start, gradients, epsilon):
    w, m, s = start.clone(), torch.zeros_like(start), torch.zeros_like(start)
    after = []
    for t, g in enumerate(gradients, 1):
        w.mul_(1 - RATE * DECAY)
        m.mul_(BETA1).add_(g, alpha=1 - BETA1)
        residual = g - m
        s.mul_(BETA2).addcmul_(residual, residual, value=1 - BETA2).add_(epsilon)
        denominator = (s.sqrt() / (1 - BETA2**t) ** 0.5).add_(epsilon)
        w.addcdiv_(m, denominator, value=-RATE / (1 - BETA1**t))
        after.append(w.clone())
    return after


def muon(start, gradients):
    w = torch.nn.Parameter(start.clone())
    optimizer = torch.optim.Muon([w], lr=RATE, weight_decay=DECAY, momentum=0.95, adjust_lr_fn="match_rms_adamw")
    after = []
    for gradient in gradients:
        w.grad = gradient.clone()
        optimizer.step()
        after.append(w.detach().clone())
    return after


def schedule_free(start, gradients):
    y, z, v = start.clone(), start.clone(), torch.zeros_like(start)
    after, weights = [], 0
    for t, g in enumerate(gradients, 1):
        rate = RATE * min(1, (t - 1) / 2)
        weights += rate**2
        share = rate**2 / weights if weights > 0 else 0
        v.mul_(BETA2).addcmul_(g, g, value=1 - BETA2)
        normalised = g / ((v / (1 - BETA2**t)).sqrt() + 1e-8) + DECAY * y
        y.lerp_(z, weight=share)
        y.add_(normalised, alpha=rate * (BETA1 * (1 - share) - 1))
        z.sub_(normalised, alpha=rate)
        after.append(y.lerp(z, weight=1 - 1 / BETA1))
    return after


def numbers(tensor):
    return [float(f"{x:.12g}") for x in tensor.reshape(-1).tolist()]


def main():
    torch.set_default_dtype(torch.float64)
    torch.Tensor.bfloat16 = lambda tensor: tensor.clone()
    generator = torch.Generator().manual_seed(7)
    drawn = lambda: torch.round(2 * torch.rand(ROWS, WIDTH, generator=generator) - 1, decimals=6)
    start = drawn()
    gradients = [drawn() for _ in range(STEPS)]
    golden = {
        "shape": [ROWS, WIDTH],
        "rate": RATE,
        "weightDecay": DECAY,
        "touched": TOUCHED,
        "start": numbers(start),
        "gradients": [numbers(g) for g in gradients],
        "sparseAdam": [numbers(w) for w in sparse_adam(start, gradients)],
        "muon": [numbers(w) for w in muon(start, gradients)],
        "muonWide": [numbers(w) for w in muon(start.T.contiguous(), [g.T.contiguous() for g in gradients])],
        "scheduleFree": [numbers(x) for x in schedule_free(start, gradients)],
        "adabelief": [numbers(w) for w in adabelief(start, gradients, 1e-16)],
    }
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "optimizers")
    os.makedirs(folder, exist_ok=True)
    body = ",\n".join(f" {json.dumps(key)}: {json.dumps(value, separators=(',', ':'))}" for key, value in golden.items())
    with open(os.path.join(folder, "updates.json"), "w", encoding="utf-8") as file:
        file.write("{\n" + body + "\n}\n")


if __name__ == "__main__":
    main()
