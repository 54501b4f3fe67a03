import type {
  sendUnaryData,
  ServerDuplexStream,
  ServerReadableStream,
  ServerUnaryCall,
  ServerWritableStream,
  UntypedHandleCall,
} from "@grpc/grpc-js";
import type { ConnectionGuard } from "../../connection-guard.ts";
import type { Method } from "./grpc-method.ts";
import type { HeldBytes } from "./held-bytes.ts";

export interface CallWatch {
  readonly guard: ConnectionGuard;
  readonly held: HeldBytes;
}

type Raw = Buffer;
type Call = ServerUnaryCall<Raw, Raw> &
  ServerReadableStream<Raw, Raw> &
  ServerWritableStream<Raw, Raw> &
  ServerDuplexStream<Raw, Raw>;

/** A method that tells of its calls: how long each lasts, and how much of it came. */
export function watched({ definition, handle }: Method, watch: CallWatch): UntypedHandleCall {
  const run = handle as (call: Call, callback: sendUnaryData<Raw>) => void;
  const handler = (call: Call, callback: sendUnaryData<Raw>): void => {
    const peer = call.getPeer();
    const waitsForPeer = (): boolean => definition.requestStream && !call.readableEnded;
    const ends = [watch.guard.heard(peer, waitsForPeer)];
    const end = (): void => {
      for (const tell of ends.splice(0)) tell();
    };
    if (definition.requestStream) {
      ends.push(watch.held.awaits(peer));
      const push = call.push.bind(call);
      // Where each message of an upload comes by; a listener would set it flowing.
      call.push = (message: Raw | null, ...rest) => {
        if (message !== null) watch.held.delivered(peer, message.length);
        return push(message, ...rest);
      };
    } else {
      watch.held.delivered(peer, call.request.length);
    }
    call.once("close", end);
    call.once("cancelled", end);
    run(call, (...answer) => {
      end();
      callback(...answer);
    });
  };
  return handler as UntypedHandleCall;
}
