/** A highlight, with what matched marked. */
import { markedParts } from './markedParts'

export function Marked({ text }: { text: string }) {
  return markedParts(text).map((part, number) => (part.marked ? <mark key={number}>{part.text}</mark> : <span key={number}>{part.text}</span>))
}
