/** Pasted rows as a file; null for text that is no table. Pure. */

export function pastedFile(text: string, name = 'pasted.csv'): File | null {
  const lines = text.split(/\r\n|\n|\r/).filter((line) => line.trim() !== '')
  const isTable = lines.length >= 2 && /[,;\t|]/.test(lines[0] ?? '')
  return isTable ? new File([text.endsWith('\n') ? text : `${text}\n`], name, { type: 'text/csv' }) : null
}
