import { useMutation } from "@tanstack/react-query";
import { type ChangeEvent, useState } from "react";
import { common } from "../texts/common";
import { isProblem } from "./problem";

type TextsOf<V> = { [K in keyof V]: V[K] extends string ? K : never }[keyof V] & string;

export type FormOf<V> = ReturnType<typeof useForm<V & object, unknown>>;

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
  const set = (change: Partial<V>) => setValues((v) => ({ ...v, ...change }));
  /** The error for one field; asking for it says that the form shows it. */
  const at = (pointer: string) => {
    shown.push(pointer);
    return problem?.at(pointer);
  };
  return {
    values,
    set,
    submit: () => m.mutate(),
    busy: m.isPending,
    at,
    /** What a field for a text needs; pointer says where the value stands in what is sent. */
    field: (name: TextsOf<V>, pointer = `/${name}`) => ({
      value: (values[name] ?? "") as string,
      onChange: (e: ChangeEvent<{ value: string }>) => set({ [name]: e.target.value } as Partial<V>),
      error: at(pointer),
    }),
    /** What is wrong and belongs to no field of the form. Form and FormDialog say it, after the fields. */
    rest: (): string | undefined => {
      if (!m.isError) return undefined;
      return problem ? problem.besides(shown) : common.unexpected;
    },
  };
}
