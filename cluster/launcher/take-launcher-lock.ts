import { lockFolder } from "../../base/host/folder-lock.ts";
import { QuorateError } from "../../base/quorate-error.ts";
import { runFolder } from "./launcher-state.ts";

/**
 * One launcher for each folder. Answers the function that releases it.
 * @throws QuorateError UP_ALREADY_RUNNING
 */
export function takeLauncherLock(folder: string): () => void {
  try {
    const lock = lockFolder(runFolder(folder));
    return () => {
      try {
        lock.release();
      } catch {
        // The folder was removed under us: nobody can take its lock any more either.
      }
    };
  } catch (error) {
    if (!(error instanceof QuorateError) || error.code !== "FOLDER_IN_USE") throw error;
    throw new QuorateError(
      "UP_ALREADY_RUNNING",
      `${folder} is up already (${error.message})`,
      `to see it: quorate status --dir ${folder}; to end it: quorate down --dir ${folder}`,
      { cause: error },
    );
  }
}
