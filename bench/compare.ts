/**
 * Measures a workload: rounds in which ours at each number of threads and the peer's follow each other, so that all
 * meet the same moods of the machine. Every other round goes the other way round.
 */
import type { Engine } from "../src/engine/engine.js";
import { type Job, executedFlops, makeJob } from "./jobs.js";
import { tokensPerSecond } from "./measure.js";
import { type Peer, type PeerSettings, startPeer } from "./peer.js";
import { type Spread, ratios, spread } from "./statistics.js";

/** An engine at some number of threads, and what the machine does at most at that number. */
export interface Lane {
  readonly engine: Engine;
  /** 10⁹ operations a second; undefined where it cannot be measured. */
  readonly peak: number | undefined;
}

export interface Rounds {
  readonly rounds: number;
  /** Of each measurement. */
  readonly seconds: number;
}

/** What a workload came to on one lane. */
export interface Result {
  readonly workload: string;
  readonly threads: number;
  readonly tokensPerSecond: Spread;
  /** 10⁹ operations a second that the workload's matrix products stand for, spared or made. */
  readonly gflops: number;
  readonly percentOfPeak: number | undefined;
  /** The same of the operations that were really made: those spared are not counted. */
  readonly executedGflops: number;
  readonly executedPercentOfPeak: number | undefined;
  readonly peerTokensPerSecond: Spread | undefined;
  /** Ours over the peer's, round by round. */
  readonly ratio: Spread | undefined;
  /** Speed over that of the first lane, round by round; on the lanes after it. */
  readonly scaling: Spread | undefined;
}

interface Track {
  readonly lane: Lane;
  readonly job: Job;
  readonly peer: Peer | undefined;
  readonly ours: number[];
  readonly theirs: number[];
}

export async function measureWorkload(
  workload: string,
  lanes: readonly Lane[],
  { rounds, seconds }: Rounds,
  peerSettings?: PeerSettings,
): Promise<Result[]> {
  const executed = executedFlops(lanes[0]!.engine, workload);
  const tracks: Track[] = [];
  try {
    for (const lane of lanes) {
      const { threads, trainingOperands } = lane.engine;
      const precision = trainingOperands === "bf16" ? "bf16" : "f32";
      const peer = peerSettings && (await startPeer(peerSettings, workload, threads, precision));
      tracks.push({ lane, job: makeJob(lane.engine, workload), peer, ours: [], theirs: [] });
    }
    for (const { job } of tracks) for (let i = 0; i < 2; i++) job.step();
    for (let round = 0; round < rounds; round++) {
      const backward = round % 2 === 1;
      for (const track of backward ? tracks.toReversed() : tracks) {
        const { job, peer, ours, theirs } = track;
        if (backward && peer) theirs.push(await peer.measure(seconds));
        ours.push(tokensPerSecond(job.step, job.tokens, seconds));
        if (!backward && peer) theirs.push(await peer.measure(seconds));
      }
    }
  } finally {
    for (const { peer } of tracks) peer?.close();
  }
  return tracks.map((track, i) => resultOf(workload, executed, track, i === 0 ? undefined : tracks[0]));
}

function resultOf(workload: string, executed: number, track: Track, first: Track | undefined): Result {
  const { lane, job, peer, ours, theirs } = track;
  const speed = spread(ours);
  const stepsPerSecond = speed.median / job.tokens;
  const [gflops, executedGflops] = [job.flops, executed].map((flops) => (flops * stepsPerSecond) / 1e9) as [
    number,
    number,
  ];
  const percent = (x: number) => (lane.peak === undefined ? undefined : (100 * x) / lane.peak);
  return {
    workload,
    threads: lane.engine.threads,
    tokensPerSecond: speed,
    gflops,
    percentOfPeak: percent(gflops),
    executedGflops,
    executedPercentOfPeak: percent(executedGflops),
    peerTokensPerSecond: peer && spread(theirs),
    ratio: peer && spread(ratios(ours, theirs)),
    scaling: first && spread(ratios(ours, first.ours)),
  };
}
