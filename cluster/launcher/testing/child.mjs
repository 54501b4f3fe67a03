// A stand-in for `quorate node`: serves /readyz on the port given, and misbehaves as told.
import { createServer } from "node:http";

const [port, ...manners] = process.argv.slice(2);
if (manners.includes("dies")) {
  console.error("error BROKEN: it cannot start");
  process.exit(66);
}
if (manners.includes("deaf")) for (const name of ["SIGTERM", "SIGINT"]) process.on(name, () => {});
else process.on("SIGTERM", () => process.exit(0));
process.on("disconnect", () => process.exit(0));
const ready = !manners.includes("never-ready");
createServer((_request, response) => {
  response.statusCode = ready ? 200 : 503;
  response.end(ready ? "" : "no quorum");
}).listen(Number(port), "127.0.0.1", () => console.log(JSON.stringify({ level: 30, msg: "up" })));
