"""Makes the goldens in regularised/ with PyTorch: losses and gradients of a training pass with regularisation.

Run as make-goldens.py beside it, whose drawing and layout it shares. The masks are those of our engines, a hash of a
counter written here a second time; what is done with them is PyTorch's: its cells and embedding with the weights that
the masks leave, its autograd. The gradients are those of the cross-entropy plus the activation penalties, the loss is the
cross-entropy.
"""

import importlib.util
import os

import torch
from torch import nn
from torch.nn import functional as F

HERE = os.path.dirname(os.path.abspath(__file__))
spec = importlib.util.spec_from_file_location("make_goldens", os.path.join(HERE, "make-goldens.py"))
plain = importlib.util.module_from_spec(spec)
spec.loader.exec_module(plain)

VOCABULARY, EMBEDDING, HIDDEN, LAYERS, STEPS, BATCH = 11, 4, 6, 2, 5, 3
DRAW = {"seed": 2**40 + 7, "step": 12}
RATES = {
    "dropoutEmbedding": 0.2,
    "dropoutBetween": 0.3,
    "dropoutOutput": 0.25,
    "lockedDropout": False,
    "dropoutWords": 0.3,
    "weightDrop": 0.4,
    "dropoutState": 0.2,
    "ar": 2,
    "tar": 1.5,
}
CASES = {
    "lstm": RATES,
    "lstm-locked": {**RATES, "lockedDropout": True},
    "gru-locked": {**RATES, "lockedDropout": True},
    "rnn": RATES,
}
CELLS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
WORDS, WEIGHTS, STATE = 2**50 + 1, 2**50 + 2, 2**50 + 3


def mix(x):
    x = (x ^ x >> 16) * 0x85EBCA6B & 0xFFFFFFFF
    x = (x ^ x >> 13) * 0xC2B2AE35 & 0xFFFFFFFF
    return x ^ x >> 16


def keys(seed, stream):
    low, high = (lambda x: x & 0xFFFFFFFF), (lambda x: x >> 32 & 0xFFFFFFFF)
    a = mix(low(seed) ^ 0x243F6A88) ^ mix(high(seed))
    b = mix(low(stream) * 0x9E3779B1 & 0xFFFFFFFF ^ a) ^ mix(high(stream))
    return mix(a ^ b ^ 0x13198A2E), mix(b ^ 0x03707344)


def seed_of(kind):
    low, high = keys(DRAW["seed"], kind)
    return low + (high & 0x1FFFFF) * 2**32


def mask(p, seed, stream, count):
    """0 or 1 / (1 − p), for so many counters."""
    key0, key1 = keys(seed, stream)
    bits = [mix(mix(i * 0x9E3779B1 & 0xFFFFFFFF ^ key0) ^ key1) for i in range(count)]
    return torch.tensor([0.0 if b < int(p * 2**32) else 1 / (1 - p) for b in bits])


def dropped(x, p, place, locked):
    """x (T, B, ·) with a mask for every element, or one for all time steps."""
    shape = (1, *x.shape[1:]) if locked else x.shape
    stream = DRAW["step"] * (LAYERS + 1) + place
    return x * mask(p, DRAW["seed"], stream, torch.Size(shape).numel()).view(shape)


def unrolled(rnn, weight, kept, x, state):
    """Outputs of a layer whose gates read h ⊙ kept, with this weight on it."""
    if isinstance(rnn, nn.GRU):
        # The update gate lets h itself through: only the products read the masked one.
        return torch.func.functional_call(rnn, {"weight_hh_l0": weight * kept}, (x, state[0]))[0]
    outputs, (h, *c) = [], state
    for row in x:
        given = (h * kept, *c)
        y, after = torch.func.functional_call(rnn, {"weight_hh_l0": weight}, (row[None], given if c else given[0]))
        h, *c = after if c else (after,)
        outputs.append(y)
    return torch.cat(outputs)


def regularised(rates, embedding, rnns, inputs, state):
    """The last layer's output (T, B, H) as the decoder gets it, and the penalties."""
    words = mask(rates["dropoutWords"], seed_of(WORDS), DRAW["step"] * 2048, VOCABULARY)
    locked = rates["lockedDropout"]
    x = F.embedding(inputs, embedding.weight * words[:, None])
    for layer, rnn in enumerate(rnns):
        x = dropped(x, rates["dropoutEmbedding" if layer == 0 else "dropoutBetween"], layer, locked)
        stream = DRAW["step"] * 2048 + layer
        w = rnn.weight_hh_l0
        left = w * mask(rates["weightDrop"], seed_of(WEIGHTS), stream, w.numel()).view(w.shape)
        kept = mask(rates["dropoutState"], seed_of(STATE), stream, HIDDEN)
        x = unrolled(rnn, left, kept, x, [part[None] for part in state[layer]])
    penalty = rates["tar"] * (x[1:] - x[:-1]).pow(2).mean()
    x = dropped(x, rates["dropoutOutput"], LAYERS, locked)
    return x, penalty + rates["ar"] * x.pow(2).mean()


def golden(name, rates, seed):
    generator = torch.Generator().manual_seed(seed)
    cell = name.split("-")[0]
    embedding = nn.Embedding(VOCABULARY, EMBEDDING)
    rnns = [CELLS[cell](EMBEDDING if layer == 0 else HIDDEN, HIDDEN) for layer in range(LAYERS)]
    decoder = nn.Linear(HIDDEN, VOCABULARY)
    named = {f"embedding.{n}": p for n, p in embedding.named_parameters()}
    for layer, rnn in enumerate(rnns):
        named.update({f"rnn.{n[:-1]}{layer}": p for n, p in rnn.named_parameters()})
    named.update({f"decoder.{n}": p for n, p in decoder.named_parameters()})
    with torch.no_grad():
        for parameter in named.values():
            parameter.copy_(plain.drawn(generator, *parameter.shape))
    parts = 2 if cell == "lstm" else 1
    state = [[plain.drawn(generator, BATCH, HIDDEN) for _ in range(parts)] for _ in range(LAYERS)]
    inputs, targets = (torch.randint(VOCABULARY, (STEPS, BATCH), generator=generator) for _ in range(2))
    targets[2, 1] = plain.IGNORED
    outputs, penalty = regularised(rates, embedding, rnns, inputs, state)
    loss = plain.mean_loss(decoder(outputs), targets)
    (loss + penalty).backward()
    return {
        "name": name,
        "cell": cell,
        "layers": LAYERS,
        "embedding": EMBEDDING,
        "hidden": HIDDEN,
        "vocabulary": VOCABULARY,
        "T": STEPS,
        "B": BATCH,
        "draw": DRAW,
        "rates": rates,
        "weights": plain.tensors(named.items()),
        "initialState": plain.states(state),
        "inputs": inputs.view(-1).tolist(),
        "targets": targets.view(-1).tolist(),
        "loss": plain.numbers(loss)[0],
        "gradients": plain.tensors((n, p.grad) for n, p in named.items()),
    }


def main():
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    for number, (name, rates) in enumerate(CASES.items()):
        with open(os.path.join(HERE, "regularised", f"{name}.json"), "w", encoding="utf-8") as file:
            file.write(plain.lines(golden(name, rates, 2000 + number)) + "\n")


if __name__ == "__main__":
    main()
