import type { Access } from "../access/access.ts";
import { listenError } from "../listen-error.ts";
import { DEFAULT_NAMESPACE } from "../route.ts";
import { MemcachedSession, memcachedName } from "./memcached-session.ts";
import { RedisSession, redisName } from "./redis-session.ts";
import { TextEntries } from "./text-entries.ts";
import { startTextServer } from "./text-server.ts";
import type { TextServer, TextSession } from "./text-server.ts";

export interface TextDoorOptions {
  /** 0: any free one; undefined: not served. */
  readonly redisPort?: number | undefined;
  readonly memcachedPort?: number | undefined;
  readonly textNamespace?: string | undefined;
}

export interface TextDoors {
  readonly redisPort: number | undefined;
  readonly memcachedPort: number | undefined;
  close(): Promise<void>;
}

const HOST = "127.0.0.1";

/** The doors that have a port of their own. @throws QuorateError PORT_IN_USE, PORT_UNUSABLE */
export async function startTextDoors(options: TextDoorOptions, access: Access): Promise<TextDoors> {
  const namespace = options.textNamespace ?? DEFAULT_NAMESPACE;
  const servers: TextServer[] = [];
  const close = async (): Promise<void> => {
    for (const server of servers) await server.close();
  };
  const start = async (
    port: number | undefined,
    open: () => TextSession,
  ): Promise<number | undefined> => {
    if (port === undefined) return undefined;
    try {
      const server = await startTextServer(port, open);
      servers.push(server);
      return server.port;
    } catch (error) {
      await close();
      throw listenError(error as Error, HOST, port);
    }
  };
  const redisPort = await start(options.redisPort, () => {
    return new RedisSession(new TextEntries(access, { door: "redis", namespace }, redisName));
  });
  const memcachedPort = await start(options.memcachedPort, () => {
    return new MemcachedSession(
      new TextEntries(access, { door: "memcached", namespace }, memcachedName),
    );
  });
  return { redisPort, memcachedPort, close };
}
