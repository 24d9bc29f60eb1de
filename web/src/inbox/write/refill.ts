import { Store } from "../data/store";

/** Counts how often something was put back into what is written: the composer reads its draft anew. */
export const refill = new Store(0);
