/** The rows of a view by their place in its order. The API gives pages one behind the other, each with the cursor of the next: cursors once
 * seen are kept, pages only while they are near. In file order any place is reached at once (`offset`); in another, to a place far ahead the
 * way is walked by pages of a single column. */
import { datasetUrl } from '../api/addresses'
import { fetchExact } from '../api/fetchExact'
import type { RowOut, Rows } from '../api/schema'

export const PAGE_ROWS = 500
const PAGES_KEPT = 24

export interface RowWindowOptions {
  dataset: string
  parameters: readonly (readonly [string, string])[]
  /** A column's name: what a walk brings, so that it is quick. */
  narrowest: string
  /** Nothing but filters narrows or orders the rows. */
  inFileOrder: boolean
  fetchRows?: (url: string, signal: AbortSignal) => Promise<Rows>
}

export class RowWindow {
  private readonly pages = new Map<number, RowOut[]>()
  /** Of the page with this number; null: it is behind the end. */
  private readonly cursors = new Map<number, string | null>()
  private readonly listeners = new Set<() => void>()
  private readonly stopping = new AbortController()
  private wanted: number[] = []
  private running = false
  private edition = 0
  private endSeen: number | null = null
  error: Error | null = null

  constructor(private readonly options: RowWindowOptions) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** Another number whenever something has come. */
  readonly snapshot = (): number => this.edition

  row(place: number): RowOut | undefined {
    return this.pages.get(Math.floor(place / PAGE_ROWS))?.[place % PAGE_ROWS]
  }

  /** Rows that can be reached for sure, once the end was seen. */
  get end(): number | null {
    return this.endSeen
  }

  /** Brings the rows from `first` to `last`; what was wanted before and is not there yet is forgotten. */
  show(first: number, last: number): void {
    const pages: number[] = []
    for (let page = Math.floor(first / PAGE_ROWS); page <= Math.floor(last / PAGE_ROWS); page += 1) pages.push(page)
    this.wanted = pages.filter((page) => !this.pages.has(page))
    if (this.wanted.length > 0 && !this.running && !this.error) void this.bring()
  }

  retry(): void {
    this.error = null
    if (this.wanted.length > 0 && !this.running) void this.bring()
  }

  close(): void {
    this.stopping.abort()
    this.listeners.clear()
  }

  private async bring(): Promise<void> {
    this.running = true
    try {
      for (let page = this.wanted[0]; page !== undefined; page = this.wanted[0]) {
        const from = this.reachable(page)
        if (this.cursors.get(from) === null) this.wanted.shift() // behind the end
        else await this.read(from, from === page)
      }
    } catch (error) {
      if (this.stopping.signal.aborted) return
      this.error = error as Error
      this.tell()
    } finally {
      this.running = false
    }
  }

  /** The page itself, or where it has to be walked to, the nearest before it whose cursor is known. */
  private reachable(page: number): number {
    if (this.options.inFileOrder || this.cursors.has(page)) return page
    return Math.max(0, ...[...this.cursors.keys()].filter((one) => one < page))
  }

  private async read(page: number, whole: boolean): Promise<void> {
    const rows: RowOut[] = []
    let cursor = this.cursors.get(page)
    do {
      const part = await this.part(page, PAGE_ROWS - rows.length, cursor, whole)
      rows.push(...part.rows)
      cursor = part.next_cursor ?? null
    } while (cursor && rows.length < PAGE_ROWS) // pages of long rows end early, where their bytes are full
    this.cursors.set(page + 1, cursor)
    if (!cursor && (rows.length > 0 || page === 0)) this.endSeen = page * PAGE_ROWS + rows.length
    if (!whole) return
    this.pages.set(page, rows)
    this.wanted = this.wanted.filter((one) => one !== page)
    if (this.pages.size > PAGES_KEPT) this.forgetFarthest(page)
    this.tell()
  }

  private async part(page: number, limit: number, cursor: string | null | undefined, whole: boolean): Promise<Rows> {
    const { dataset, parameters, narrowest, fetchRows = fetchExact<Rows> } = this.options
    const paging: [string, string][] = [['limit', String(limit)]]
    if (cursor) paging.push(['cursor', cursor])
    else if (page > 0) paging.push(['offset', String(page * PAGE_ROWS)])
    const shown = cursor ? parameters.filter(([name]) => name !== 'version') : parameters
    const fields: [string, string][] = whole ? [] : [['fields', narrowest]]
    return fetchRows(datasetUrl(dataset, 'rows', [...shown, ...paging, ...fields]), this.stopping.signal)
  }

  private forgetFarthest(page: number): void {
    const farthest = [...this.pages.keys()].reduce((far, one) => (Math.abs(one - page) > Math.abs(far - page) ? one : far), page)
    this.pages.delete(farthest)
  }

  private tell(): void {
    this.edition += 1
    for (const listener of this.listeners) listener()
  }
}
