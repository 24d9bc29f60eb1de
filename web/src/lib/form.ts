import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { common } from "../texts/common";
import { isProblem } from "./problem";

/** A form's values, the sending of them, and what the server says is wrong with which field. */
export function useForm<V extends object, A>(
  initial: V,
  send: (values: V) => Promise<A>,
  done: (answer: A) => void | Promise<void>,
) {
  const [values, setValues] = useState(initial);
  const m = useMutation({ mutationFn: () => send(values), onSuccess: (answer) => done(answer) });
  const problem = isProblem(m.error) ? m.error : undefined;
  const shown: string[] = [];
  return {
    values,
    set: (change: Partial<V>) => setValues((v) => ({ ...v, ...change })),
    submit: () => m.mutate(),
    busy: m.isPending,
    /** The error for one field; asking for it says that the form shows it. */
    at: (pointer: string) => {
      shown.push(pointer);
      return problem?.at(pointer);
    },
    /** What is wrong and belongs to no field of the form. Ask after the fields. */
    rest: (): string | undefined => {
      if (!m.isError) return undefined;
      return problem ? problem.besides(shown) : common.unexpected;
    },
  };
}
