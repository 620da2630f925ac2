#!/usr/bin/env node
import { runProgram } from "./cli/program.ts";

// Whoever reads us may stop at any line (`| head`): that is no fault of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit();
  throw error;
});

process.exitCode = await runProgram(process.argv.slice(2));
