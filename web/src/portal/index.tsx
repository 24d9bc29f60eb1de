import { NotHere } from "../app";
import { Routes } from "../lib/router";
import type { Me } from "../lib/session";

export default function Portal(_: { me: Me }) {
  return <Routes routes={[]} otherwise={<NotHere />} />;
}
