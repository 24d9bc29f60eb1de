/** The first lines of a file, to be looked at before it is sent; the server alone decides what they mean. */
export function firstLines(text: string, most: number): { rows: string[][]; all: number } {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let quoted = false;
  let all = 0;
  const end = () => {
    row.push(cell);
    if (row.length > 1 || row[0] !== "") {
      all++;
      if (rows.length < most) rows.push(row);
    }
    row = [];
    cell = "";
  };
  const from = text.startsWith("\ufeff") ? 1 : 0;
  for (let i = from; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c !== '"') cell += c;
      else if (text[i + 1] === '"') {
        cell += '"';
        i++;
      } else quoted = false;
    } else if (c === '"' && cell === "") quoted = true;
    else if (c === ",") {
      row.push(cell);
      cell = "";
    } else if (c === "\n") end();
    else if (c !== "\r" || text[i + 1] !== "\n") cell += c;
  }
  if (cell !== "" || row.length > 0) end();
  return { rows, all };
}
