/** The part of the runtime's WebAssembly that the engine uses; every runtime's own types fit these. */

/** A compiled module (`WebAssembly.Module`). */
export type WasmModule = object;

/** `WebAssembly.Memory` */
export interface WasmMemory {
  readonly buffer: ArrayBufferLike;
  grow(pages: number): number;
}

/** Bytes of a module. */
export type WasmBytes = ArrayBuffer | ArrayBufferView<ArrayBuffer>;

interface WebAssemblyApi {
  validate(bytes: WasmBytes): boolean;
  compile(bytes: WasmBytes): Promise<WasmModule>;
  readonly Module: new (bytes: WasmBytes) => WasmModule;
  readonly Memory: new (descriptor: { initial: number; maximum: number; shared: boolean }) => WasmMemory;
  readonly Instance: new (
    module: WasmModule,
    imports: { readonly env: { readonly memory: WasmMemory } },
  ) => { readonly exports: Readonly<Record<string, unknown>> };
}

/** The runtime's WebAssembly; undefined where there is none. */
export const webAssembly = (globalThis as unknown as { readonly WebAssembly?: WebAssemblyApi }).WebAssembly;

/** The exports of a module of native/src/wasm.c besides its kernels. */
export interface WasmExports {
  first_free(): number;
  pool_bytes(threads: number): number;
  pool_place(address: number, threads: number): void;
  /** In a threaded module only, as are the next. */
  set_stack?(top: number): void;
  pool_work?(pool: number, worker: number): void;
  pool_stop?(pool: number): void;
}

/** An instance of a module over a memory. */
export function instantiate(module: WasmModule, memory: WasmMemory): Readonly<Record<string, unknown>> {
  return new webAssembly!.Instance(module, { env: { memory } }).exports;
}
