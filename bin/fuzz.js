// npm run fuzz: mutated inputs for every decoder: npm run fuzz -- --inputs 10000000
import { prepare } from "./prepare.js";

await prepare();
const { main } = await import("../dist/chaos/fuzz/main.js");
process.exitCode = await main(process.argv.slice(2));
