"""Makes the goldens beside this file with PyTorch: what our layers, gradients and optimizers have to agree with.

Needs torch (they were made with 2.13.0, on a CPU, in float64):

    python -m venv venv && venv/bin/pip install torch
    venv/bin/python test/goldens/make-goldens.py

The layout is written down in golden.ts. Inputs (weights, states) are rounded to six decimals before use, so that they
stand exactly in the files; results are rounded to twelve significant digits. Everything is drawn from fixed seeds:
run again with the same torch, it makes the same files.
"""

import json
import os
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

VOCABULARY, HIDDEN, STEPS, BATCH = 11, 6, 5, 3
UPDATES = 10
CLIP = 0.25
IGNORED = -1


@dataclass
class Case:
    name: str
    cell: str
    nonlinearity: str = "tanh"
    layers: int = 2
    tie: bool = False
    windows: int = 1
    ignore: bool = False
    cutoffs: tuple = ()
    # The width of each layer, where they differ.
    widths: tuple = ()
    # The embedding's, where it is not the usual one; tied to a last layer of another width it needs a projection.
    width: int = 0
    # Softmaxes that are mixed.
    components: int = 0
    residual: bool = False
    capped: bool = False
    rounds: int = 0
    rank: int = 0

    @property
    def embedding(self):
        return self.width or (HIDDEN if self.tie else 4)

    @property
    def sizes(self):
        return self.widths or (HIDDEN,) * self.layers

    @property
    def projected(self):
        return self.tie and not self.components and self.embedding != self.sizes[-1]

    @property
    def minimal(self):
        return self.cell.startswith("min")

    @property
    def reported(self):
        decoder = {"decoder.head.bias", "decoder.tail.1.1.weight"} if self.cutoffs else {"decoder.bias"}
        if self.projected:
            decoder.add("projection.weight")
        if self.components:
            decoder |= {"decoder.prior.weight", "decoder.latent.bias"}
        return {"embedding.weight", f"rnn.bias_{'ih' if self.minimal else 'hh'}_l0", *decoder}


CASES = [
    Case("rnn-tanh", "rnn"),
    Case("rnn-tanh-tied", "rnn", tie=True),
    Case("rnn-relu", "rnn", "relu"),
    Case("rnn-relu-tied", "rnn", "relu", tie=True),
    Case("lstm", "lstm"),
    Case("lstm-tied", "lstm", tie=True),
    Case("gru", "gru"),
    Case("gru-tied", "gru", tie=True),
    Case("lstm-one-layer", "lstm", layers=1),
    Case("gru-ignored-targets", "gru", layers=1, ignore=True),
    Case("lstm-two-windows", "lstm", layers=1, windows=2),
    Case("minlstm", "minlstm"),
    Case("minlstm-tied", "minlstm", tie=True),
    Case("minlstm-two-windows", "minlstm", layers=1, windows=2),
    Case("mingru", "mingru"),
    Case("mingru-tied", "mingru", tie=True),
    Case("mingru-ignored-targets", "mingru", layers=1, ignore=True),
    Case("lstm-adaptive", "lstm", cutoffs=(4, 8)),
    Case("gru-adaptive-ignored-targets", "gru", layers=1, ignore=True, cutoffs=(2, 7)),
    Case("lstm-widths", "lstm", widths=(7, 3)),
    Case("gru-widths-projected", "gru", tie=True, widths=(3, 7), width=5),
    Case("lstm-projected-ignored-targets", "lstm", layers=1, tie=True, ignore=True, width=4),
    Case("lstm-mixture", "lstm", components=3),
    Case("gru-mixture-tied-ignored-targets", "gru", layers=1, tie=True, ignore=True, width=4, components=2),
    Case("lstm-residual", "lstm", layers=3, residual=True),
    Case("lstm-capped", "lstm", capped=True),
    Case("mogrifier", "mogrifier", rounds=5),
    Case("mogrifier-low-rank-two-windows", "mogrifier", layers=1, windows=2, rounds=2, rank=3),
    Case("mogrifier-capped-tied", "mogrifier", tie=True, capped=True, rounds=3, rank=2),
]
DIVISOR = 2

OPTIMIZERS = {
    "adam": lambda p: torch.optim.Adam(p, lr=1e-2),
    "adamw": lambda p: torch.optim.AdamW(p, lr=1e-2, weight_decay=0.01),
    "sgd": lambda p: torch.optim.SGD(p, lr=0.5),
    "momentum": lambda p: torch.optim.SGD(p, lr=0.5, momentum=0.9),
}


class Minimal(nn.Module):
    """minLSTM (gates f i h) and minGRU (gates z h) of arXiv 2410.01201, by their equations, step by step."""

    def __init__(self, cell, inputs, hidden, layers):
        super().__init__()
        self.cell, self.layers = cell, layers
        self.gates = {"minlstm": 3, "mingru": 2}[cell]
        for layer in range(layers):
            width = inputs if layer == 0 else hidden
            setattr(self, f"weight_ih_l{layer}", nn.Parameter(torch.empty(self.gates * hidden, width)))
            setattr(self, f"bias_ih_l{layer}", nn.Parameter(torch.empty(self.gates * hidden)))

    def step(self, h, gates):
        if self.cell == "mingru":
            z, candidate = gates.chunk(2, -1)
            old, new = 1 - torch.sigmoid(z), torch.sigmoid(z)
        else:
            f, i, candidate = gates.chunk(3, -1)
            f, i = torch.sigmoid(f), torch.sigmoid(i)
            old, new = f / (f + i), i / (f + i)
        return old * h + new * torch.where(candidate >= 0, candidate + 0.5, torch.sigmoid(candidate))

    def forward(self, x, state):
        last = []
        for layer in range(self.layers):
            gates = F.linear(x, getattr(self, f"weight_ih_l{layer}"), getattr(self, f"bias_ih_l{layer}"))
            h, outputs = state[layer], []
            for row in gates:
                h = self.step(h, row)
                outputs.append(h)
            x = torch.stack(outputs)
            last.append(h)
        return x, torch.stack(last)


class Stack(nn.Module):
    """Layers of PyTorch's cells, each of a width of its own; their weights are named as those of one module of many layers."""

    def __init__(self, make, inputs, sizes, residual):
        super().__init__()
        self.residual = residual
        # A plain list: the weights belong to this module, under its own names.
        self.cells = [make(i, h) for i, h in zip((inputs, *sizes), sizes)]
        for layer, cell in enumerate(self.cells):
            for name, weight in cell.named_parameters():
                self.register_parameter(name.replace("_l0", f"_l{layer}"), weight)

    def forward(self, x, state):
        after = []
        for cell, own in zip(self.cells, state):
            given = tuple(part.unsqueeze(0) for part in own)
            h, last = cell(x, given if len(given) == 2 else given[0])
            x = h + x if self.residual and after else h
            after.append([part.squeeze(0) for part in (last if isinstance(last, tuple) else [last])])
        return x, after


class Mixture(nn.Linear):
    """A mixture of softmaxes (arXiv 1711.03953) by its equations: ln p of every token."""

    def __init__(self, hidden, width, vocabulary, components):
        super().__init__(width, vocabulary)
        self.prior = nn.Linear(hidden, components, bias=False)
        self.latent = nn.Linear(hidden, components * width)

    def forward(self, h):
        prior = F.log_softmax(self.prior(h), -1)
        states = torch.tanh(self.latent(h)).unflatten(-1, (prior.shape[-1], -1))
        each = F.log_softmax(super().forward(states), -1)
        return torch.logsumexp(prior.unsqueeze(-1) + each, -2)


class Lstm(nn.Module):
    """The LSTM by its equations, step by step: with a capped input gate, and as a Mogrifier (arXiv 1909.01792)."""

    def __init__(self, case):
        super().__init__()
        self.case = case
        for layer in range(case.layers):
            width = case.embedding if layer == 0 else HIDDEN
            for name, shape in self.shapes(width):
                setattr(self, f"{name}_l{layer}", nn.Parameter(torch.empty(*shape)))

    def shapes(self, width):
        yield "weight_ih", (4 * HIDDEN, width)
        yield "weight_hh", (4 * HIDDEN, HIDDEN)
        yield "bias_ih", (4 * HIDDEN,)
        yield "bias_hh", (4 * HIDDEN,)
        for i in range(1, self.case.rounds + 1):
            letter, rows, columns = ("q", width, HIDDEN) if i % 2 else ("r", HIDDEN, width)
            if self.case.rank:
                yield f"weight_{letter}{i}_left", (rows, self.case.rank)
                yield f"weight_{letter}{i}_right", (self.case.rank, columns)
            else:
                yield f"weight_{letter}{i}", (rows, columns)
            yield f"bias_{letter}{i}", (rows,)

    def step(self, layer, x, h, c):
        def weight(name):
            return getattr(self, f"{name}_l{layer}")

        def gate(name, read):
            if self.case.rank:
                matrix = weight(f"weight_{name}_left") @ weight(f"weight_{name}_right")
            else:
                matrix = weight(f"weight_{name}")
            return 2 * torch.sigmoid(F.linear(read, matrix, weight(f"bias_{name}")))

        for i in range(1, self.case.rounds + 1):
            if i % 2:
                x = gate(f"q{i}", h) * x
            else:
                h = gate(f"r{i}", x) * h
        gates = F.linear(x, weight("weight_ih"), weight("bias_ih")) + F.linear(h, weight("weight_hh"), weight("bias_hh"))
        i, f, g, o = gates.chunk(4, -1)
        i, f, g, o = torch.sigmoid(i), torch.sigmoid(f), torch.tanh(g), torch.sigmoid(o)
        if self.case.capped:
            i = torch.minimum(i, 1 - f)
        c = f * c + i * g
        return o * torch.tanh(c), c

    def forward(self, x, state):
        hs, cs = [], []
        for layer in range(self.case.layers):
            h, c, outputs = state[0][layer], state[1][layer], []
            for row in x:
                h, c = self.step(layer, row, h, c)
                outputs.append(h)
            x = torch.stack(outputs)
            hs.append(h)
            cs.append(c)
        return x, (torch.stack(hs), torch.stack(cs))


class Model(nn.Module):
    """Embedding, recurrent layers, where wanted a projection, linear decoder; time-major, without dropout."""

    def __init__(self, case):
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, case.embedding)
        self.stacked = bool(case.widths) or case.residual
        if self.stacked:
            self.rnn = Stack({"lstm": nn.LSTM, "gru": nn.GRU}[case.cell], case.embedding, case.sizes, case.residual)
        elif case.cell == "rnn":
            self.rnn = nn.RNN(case.embedding, HIDDEN, case.layers, nonlinearity=case.nonlinearity)
        elif case.minimal:
            self.rnn = Minimal(case.cell, case.embedding, HIDDEN, case.layers)
        elif case.capped or case.rounds:
            self.rnn = Lstm(case)
        else:
            self.rnn = {"lstm": nn.LSTM, "gru": nn.GRU}[case.cell](case.embedding, HIDDEN, case.layers)
        self.adaptive = bool(case.cutoffs)
        if self.adaptive:
            self.decoder = nn.AdaptiveLogSoftmaxWithLoss(
                HIDDEN, VOCABULARY, list(case.cutoffs), div_value=DIVISOR, head_bias=True
            )
        elif case.components:
            width = case.embedding if case.tie else case.sizes[-1]
            self.decoder = Mixture(case.sizes[-1], width, VOCABULARY, case.components)
        else:
            self.decoder = nn.Linear(case.embedding if case.projected else case.sizes[-1], VOCABULARY)
        self.projection = nn.Linear(case.sizes[-1], case.embedding, bias=False) if case.projected else nn.Identity()
        if case.tie:
            self.decoder.weight = self.embedding.weight

    def forward(self, inputs, state):
        """
        Outputs (T, B, H) of the last layer, logits (T, B, V) and the state after the window. The state is a list of
        layers, each of [h] or [h, c].
        """
        if self.stacked:
            outputs, after = self.rnn(self.embedding(inputs), state)
        else:
            parts = [torch.stack(part) for part in zip(*state)]
            outputs, last = self.rnn(self.embedding(inputs), tuple(parts) if len(parts) == 2 else parts[0])
            after = [list(own) for own in zip(*(last if isinstance(last, tuple) else [last]))]
        if self.adaptive:
            logits = self.decoder.log_prob(outputs.view(-1, HIDDEN)).view(*outputs.shape[:2], VOCABULARY)
        else:
            logits = self.decoder(self.projection(outputs))
        return outputs, logits, after


def drawn(generator, *shape, scale=0.5):
    """Uniform in ±scale, with six decimals."""
    return torch.round((2 * torch.rand(*shape, generator=generator) - 1) * scale, decimals=6)


def mean_loss(logits, targets):
    return F.cross_entropy(logits.view(-1, VOCABULARY), targets.view(-1), ignore_index=IGNORED)


def numbers(tensor):
    return [float(f"{x:.12g}") for x in tensor.detach().reshape(-1).tolist()]


def tensors(named):
    return {name: {"shape": list(t.shape), "data": numbers(t)} for name, t in named}


def states(state):
    """One { h } or { h, c } a layer, each of B·H numbers."""
    return [dict(zip("hc", map(numbers, own))) for own in state]


def trajectory(case, weights, state, windows, make):
    """Losses and gradient norms of ten updates from the same start, the state carried on but cut from the graph."""
    model = Model(case)
    model.load_state_dict(weights)
    optimizer = make(model.parameters())
    losses, norms = [], []
    for step in range(UPDATES):
        inputs, targets = windows[step % len(windows)]
        optimizer.zero_grad()
        _, logits, state = model(inputs, [[part.detach() for part in own] for own in state])
        loss = mean_loss(logits, targets)
        loss.backward()
        norms.append(nn.utils.clip_grad_norm_(model.parameters(), CLIP))
        losses.append(loss)
        optimizer.step()
    return {
        "losses": numbers(torch.stack(losses)),
        "gradientNorms": numbers(torch.stack(norms)),
        "finalWeights": {name: numbers(p) for name, p in model.named_parameters() if name in case.reported},
    }


def golden(case, seed):
    generator = torch.Generator().manual_seed(seed)
    model = Model(case)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(drawn(generator, *parameter.shape))
    weights = {name: value.clone() for name, value in model.state_dict().items()}
    parts = 2 if case.cell in ("lstm", "mogrifier") else 1
    if case.widths or case.residual:
        state = [[drawn(generator, BATCH, size) for _ in range(parts)] for size in case.sizes]
    else:
        # All h before all c: so they were drawn from the first.
        state = [list(own) for own in zip(*(drawn(generator, case.layers, BATCH, HIDDEN) for _ in range(parts)))]
    windows = []
    for _ in range(case.windows):
        inputs, targets = (torch.randint(VOCABULARY, (STEPS, BATCH), generator=generator) for _ in range(2))
        if case.ignore:
            targets[3:, 0] = IGNORED
            targets[1, 2] = IGNORED
        windows.append((inputs, targets))

    initial = [[part.clone().requires_grad_() for part in own] for own in state]
    inputs, targets = windows[0]
    outputs, logits, after = model(inputs, initial)
    loss = mean_loss(logits, targets)
    loss.backward()
    return {
        "name": case.name,
        "cell": case.cell,
        "nonlinearity": case.nonlinearity,
        **({"inputGate": "capped"} if case.capped else {}),
        **({"mogrify": {"rounds": case.rounds, "rank": case.rank}} if case.rounds else {}),
        "layers": len(case.sizes),
        "embedding": case.embedding,
        "hidden": list(case.widths) or HIDDEN,
        "vocabulary": VOCABULARY,
        "tie": case.tie,
        **({"residual": True} if case.residual else {}),
        **({"adaptive": {"cutoffs": case.cutoffs, "divisor": DIVISOR}} if case.cutoffs else {}),
        **({"mixture": {"components": case.components}} if case.components else {}),
        "T": STEPS,
        "B": BATCH,
        "weights": tensors(model.named_parameters()),
        "initialState": states(state),
        "windows": [{"inputs": i.view(-1).tolist(), "targets": t.view(-1).tolist()} for i, t in windows],
        "outputs": numbers(outputs),
        "logits": numbers(logits),
        "finalState": states(after),
        "loss": numbers(loss)[0],
        "gradients": tensors((name, p.grad) for name, p in model.named_parameters()),
        "initialStateGradients": states([[part.grad for part in own] for own in initial]),
        "clip": CLIP,
        "trajectories": {name: trajectory(case, weights, state, windows, make) for name, make in OPTIMIZERS.items()},
    }


def lines(value, indent=0):
    """JSON with every array of plain values on a line of its own, so that a difference shows where it is."""
    if isinstance(value, dict):
        inner = ",\n".join(f"{' ' * (indent + 1)}{json.dumps(k)}: {lines(v, indent + 1)}" for k, v in value.items())
        return f"{{\n{inner}\n{' ' * indent}}}"
    if isinstance(value, list) and value and isinstance(value[0], dict):
        inner = ",\n".join(" " * (indent + 1) + lines(v, indent + 1) for v in value)
        return f"[\n{inner}\n{' ' * indent}]"
    return json.dumps(value, separators=(",", ":"))


def main():
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    folder = os.path.dirname(os.path.abspath(__file__))
    for number, case in enumerate(CASES):
        with open(os.path.join(folder, f"{case.name}.json"), "w", encoding="utf-8") as file:
            file.write(lines(golden(case, 1000 + number)) + "\n")


if __name__ == "__main__":
    main()
