// Builds after `npm ci`. Without a C compiler the TypeScript is built all the same: every command then computes with
// WebAssembly and says so. Plain JavaScript, as nothing is compiled yet.
import { spawnSync } from "node:child_process";

const npm = (script) =>
  spawnSync("npm", ["run", "--silent", script], { stdio: "inherit", shell: process.platform === "win32" });

if (npm("build:native").status !== 0) {
  console.error(
    '\nThe native engine could not be built (see above). recurra computes with WebAssembly until you install a C compiler, make and python3 and run "npm run build:native".\n',
  );
}
process.exit(npm("build:ts").status ?? 1);
