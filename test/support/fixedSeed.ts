import { configureGlobal } from "fast-check";

// Every run draws the same cases; FUZZ_SEED draws others. A failure prints its seed and path either way.
configureGlobal({ seed: Number(process.env["FUZZ_SEED"] ?? 20_261_124) });
