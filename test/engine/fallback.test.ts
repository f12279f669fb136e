/** Without a native addon commands compute with WebAssembly and say so in one line; what was asked for is not replaced. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const info = async (environment: Readonly<Record<string, string>>) => {
  const args = ["--import", "tsx", "src/cli/main.ts", "info"];
  const env = { ...process.env, RECURRA_ENGINE: "", RECURRA_ISA: "", ...environment };
  return promisify(execFile)(process.execPath, args, {
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
    env,
  });
};

test("no addon: WebAssembly, and one line that says so", async () => {
  const { stdout, stderr } = await info({ RECURRA_ADDON: "/nowhere/recurra.node" });
  expect(stdout).toMatch(/^engine +wasm$/m);
  expect(stdout).toMatch(/^instruction set +(relaxed-simd|simd128)$/m);
  expect(stderr).toMatch(/^recurra computes with WebAssembly, which is slower: .*\.\n$/);
});

test("what a terminal would obey in the reason is written out", async () => {
  const { stderr } = await info({ RECURRA_ADDON: "/nowhere/\u001b[31m\u202e.node" });
  expect(stderr).toContain(String.raw`\x1b[31m\u{202e}`);
  expect(stderr).not.toMatch(/[\u001b\u202e]/);
});

test("wasm asked for: nothing to be said", async () => {
  const { stdout, stderr } = await info({ RECURRA_ENGINE: "wasm", RECURRA_ISA: "simd128" });
  expect(stdout).toMatch(/^instruction set +simd128$/m);
  expect(stderr).toBe("");
});

test("native asked for and not there: the reason and the way out", async () => {
  const requested = info({ RECURRA_ENGINE: "native", RECURRA_ADDON: "/nowhere/recurra.node" });
  // The exit code is not 0.
  await expect(requested).rejects.toHaveProperty(
    "stdout",
    expect.stringMatching(/none: The native engine did not load: .* RECURRA_ENGINE=wasm/),
  );
});
