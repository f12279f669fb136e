/** The recurrences of the reference engine: the checks of their operands, and the loops. */
import type { InputGate, MinimalCell, Mogrifier, Nonlinearity, PackedMatrix, WindowShape } from "./engine.js";
import {
  checkBackward,
  checkForward,
  checkGru,
  checkGruBackward,
  checkMogrifier,
  checkMogrifierBackward,
  checkPacked,
} from "./check-arguments.js";
import { HostTensors } from "./host-tensors.js";
import { minimalBackward, minimalForward } from "./reference-minimal.js";
import { mogrifierBackward, mogrifierForward } from "./reference-mogrifier.js";
import {
  gruBackward,
  gruForward,
  lstmBackward,
  lstmForward,
  rnnBackward,
  rnnForward,
} from "./reference-recurrent.js";
import type { ReferenceTensor } from "./reference-tensors.js";

export abstract class ReferenceRecurrences extends HostTensors {
  rnnForward(
    shape: WindowShape,
    phi: Nonlinearity,
    wHh: PackedMatrix,
    z: ReferenceTensor,
    hs: ReferenceTensor,
  ): void {
    checkForward(shape, 1, z, hs);
    checkPacked(wHh, shape.H, shape.H);
    rnnForward(shape, phi, wHh, z, hs);
  }

  rnnBackward(
    shape: WindowShape,
    phi: Nonlinearity,
    wHhT: PackedMatrix,
    hs: ReferenceTensor,
    dY: ReferenceTensor,
    dZ: ReferenceTensor,
    dH: ReferenceTensor,
  ): void {
    checkForward(shape, 1, dZ, hs);
    checkBackward(shape, dY, dH);
    checkPacked(wHhT, shape.H, shape.H);
    rnnBackward(shape, phi, wHhT, hs, dY, dZ, dH);
  }

  lstmForward(
    shape: WindowShape,
    wHh: PackedMatrix,
    gates: ReferenceTensor,
    hs: ReferenceTensor,
    cs: ReferenceTensor,
    inputGate: InputGate = "free",
  ): void {
    checkForward(shape, 4, gates, hs, cs);
    checkPacked(wHh, shape.H, 4 * shape.H);
    lstmForward(shape, wHh, gates, hs, cs, inputGate);
  }

  lstmBackward(
    shape: WindowShape,
    wHhT: PackedMatrix,
    gates: ReferenceTensor,
    cs: ReferenceTensor,
    dY: ReferenceTensor,
    dH: ReferenceTensor,
    dC: ReferenceTensor,
    inputGate: InputGate = "free",
  ): void {
    checkForward(shape, 4, gates, cs);
    checkBackward(shape, dY, dH, dC);
    checkPacked(wHhT, 4 * shape.H, shape.H);
    lstmBackward(shape, wHhT, gates, cs, dY, dH, dC, inputGate);
  }

  mogrifierForward(
    shape: WindowShape,
    mogrifier: Mogrifier,
    wIh: PackedMatrix,
    wHh: PackedMatrix,
    bias: ReferenceTensor,
    gates: ReferenceTensor,
    hs: ReferenceTensor,
    cs: ReferenceTensor,
  ): void {
    checkForward(shape, 4, gates, hs, cs);
    checkMogrifier(shape, mogrifier, wIh, wHh, bias);
    mogrifierForward(shape, mogrifier, wIh, wHh, bias, gates, hs, cs);
  }

  mogrifierBackward(
    shape: WindowShape,
    mogrifier: Mogrifier,
    wIhT: PackedMatrix,
    wHhT: PackedMatrix,
    gates: ReferenceTensor,
    hs: ReferenceTensor,
    cs: ReferenceTensor,
    dY: ReferenceTensor,
    dX: ReferenceTensor,
    dH: ReferenceTensor,
    dC: ReferenceTensor,
  ): void {
    checkForward(shape, 4, gates, hs, cs);
    checkBackward(shape, dY, dH, dC);
    checkMogrifierBackward(shape, mogrifier, wIhT, wHhT, dX);
    mogrifierBackward(shape, mogrifier, wIhT, wHhT, gates, hs, cs, dY, dX, dH, dC);
  }

  gruForward(
    shape: WindowShape,
    wRz: PackedMatrix,
    wN: PackedMatrix,
    bHh: ReferenceTensor,
    gates: ReferenceTensor,
    q: ReferenceTensor,
    hs: ReferenceTensor,
  ): void {
    checkForward(shape, 3, gates, hs);
    checkGru(shape, wRz, wN, q, bHh);
    gruForward(shape, wRz, wN, bHh, gates, q, hs);
  }

  gruBackward(
    shape: WindowShape,
    wRzT: PackedMatrix,
    wNT: PackedMatrix,
    gates: ReferenceTensor,
    q: ReferenceTensor,
    hs: ReferenceTensor,
    dY: ReferenceTensor,
    dH: ReferenceTensor,
  ): void {
    checkForward(shape, 3, gates, hs);
    checkBackward(shape, dY, dH);
    checkGruBackward(shape, wRzT, wNT, q);
    gruBackward(shape, wRzT, wNT, gates, q, hs, dY, dH);
  }

  minimalForward(shape: WindowShape, cell: MinimalCell, gates: ReferenceTensor, hs: ReferenceTensor): void {
    checkForward(shape, cell === "minlstm" ? 3 : 2, gates, hs);
    minimalForward(shape, cell, gates.data, hs.data);
  }

  minimalBackward(
    shape: WindowShape,
    cell: MinimalCell,
    gates: ReferenceTensor,
    hs: ReferenceTensor,
    dY: ReferenceTensor,
    dH: ReferenceTensor,
  ): void {
    checkForward(shape, cell === "minlstm" ? 3 : 2, gates, hs);
    checkBackward(shape, dY, dH);
    minimalBackward(shape, cell, gates.data, hs.data, dY.data, dH.data);
  }
}
