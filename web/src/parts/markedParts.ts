/** Highlights as the API gives them: HTML-escaped text with `<mark>` around what matched. Read into parts, so that nothing is ever put into
 * the page as HTML. Pure. */

export interface Part {
  text: string
  marked: boolean
}

const ENTITIES: Readonly<Record<string, string>> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#x27;': "'" }

export function markedParts(fragment: string): Part[] {
  let marked = false
  const parts: Part[] = []
  for (const piece of fragment.split(/(<\/?mark>)/)) {
    if (piece === '<mark>' || piece === '</mark>') marked = piece === '<mark>'
    else if (piece !== '') parts.push({ text: piece.replace(/&(?:amp|lt|gt|quot|#x27);/g, (entity) => ENTITIES[entity] ?? entity), marked })
  }
  return parts
}
