import { register } from "node:module";

// node --import ./bench/loader/register.mjs bench/run.ts
register("./hooks.mjs", import.meta.url);
