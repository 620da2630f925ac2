/** The little of WebAssembly that the scan needs: TypeScript declares it only together with the browser's world. */
declare global {
  namespace WebAssembly {
    function validate(bytes: Uint8Array): boolean;
    class Memory {
      constructor(limits: { readonly initial: number });
      readonly buffer: ArrayBuffer;
    }
    class Module {
      constructor(bytes: Uint8Array);
      static exports(module: Module): readonly { readonly name: string; readonly kind: string }[];
      static imports(module: Module): readonly { readonly name: string; readonly kind: string }[];
    }
    class Instance {
      constructor(module: Module, imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>);
      readonly exports: Readonly<Record<string, unknown>>;
    }
  }
}

/** Bytes of a page of linear memory. */
export const PAGE_BYTES = 65_536;
