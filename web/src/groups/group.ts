/** Rows in groups: what is asked for, and what stands where on a chart. Pure. */
import type { ColumnOut, Dataset, FacetCount } from '../api/schema'
import { shortBound } from '../dataset/ranges'
import type { Chart, DatasetSearch } from '../dataset/state'
import { asText } from '../parts/values'
import { groupChoices } from './groupChoices'

/** As the API keeps a pin, but for its title. */
export type Group = Omit<Dataset['pins'][number], 'title'>

export interface Shown {
  by: unknown
  value: unknown
}

/** What the page's address asks for. */
export function groupOf(dataset: Pick<Dataset, 'columns' | 'profile'>, search: DatasetSearch): Group {
  const by = search.by ?? groupChoices(dataset).by[0]?.value ?? ''
  const column = dataset.columns.find((one) => one.name === by)
  const chart = search.chart && chartsFor(column).includes(search.chart) ? search.chart : 'bars'
  return { by, agg: chart === 'histogram' ? 'count' : (search.agg ?? 'count'), chart, q: search.q ?? '', filter: search.filter ?? [] }
}

/** A line needs an order, ranges need numbers or days. */
export function chartsFor(column: Pick<ColumnOut, 'type'> | undefined): readonly Chart[] {
  if (!column || column.type === 'boolean') return ['bars']
  return column.type === 'text' ? ['bars', 'line'] : ['bars', 'line', 'histogram']
}

/** The name under which an answer has the aggregate. */
export const aggregateName = (agg: string): string => agg.replace(':', '_')

export function textOf(group: Pick<Group, 'by' | 'agg'>, dataset: Pick<Dataset, 'columns' | 'profile'>): string {
  const { by, agg } = groupChoices(dataset)
  const labelled = (choices: { value: string; label: string }[], value: string) => choices.find((choice) => choice.value === value)?.label ?? value
  return `${labelled(agg, group.agg)} by ${labelled(by, group.by)}`
}

export interface Point {
  /** From 0 to 1, of the width and of the height. */
  x: number
  y: number
  label: string
  value: string
}

export interface Line {
  points: readonly Point[]
  low: number
  high: number
}

/** In the order of the values. Numbers and days stand as far apart as they are; texts evenly. Groups without a value are left out. */
export function lineOf(groups: readonly Shown[], type: ColumnOut['type']): Line {
  const known = groups.filter((one) => one.by !== null && one.by !== undefined && one.value !== null)
  const places = known.map((one, number) => (type === 'text' || type === 'boolean' ? number : placeOf(asText(one.by), number)))
  const values = known.map((one) => Number(one.value))
  const low = Math.min(0, ...values)
  const high = Math.max(0, ...values)
  const first = Math.min(...places)
  const width = Math.max(...places) - first
  const points = known.map((one, number) => ({
    x: width === 0 ? 0.5 : ((places[number] ?? 0) - first) / width,
    y: high === low ? 0 : ((values[number] ?? 0) - low) / (high - low),
    label: shortBound(asText(one.by)),
    value: asText(one.value),
  }))
  return { points, low, high }
}

function placeOf(text: string, number: number): number {
  const place = /^[-+]?[\d.]+(e[-+]?\d+)?$/i.test(text) ? Number(text) : Date.parse(text)
  return Number.isFinite(place) ? place : number
}

/** Labels of an axis: its beginning, its middle, its end. */
export function endsOf(labels: readonly string[]): string[] {
  const places = [...new Set([0, Math.floor((labels.length - 1) / 2), labels.length - 1])]
  return places.flatMap((place) => labels[place] ?? [])
}

const BORDERS_SHOWN_MAX = 5
const SHORT_CHARACTERS_MAX = 6

/** The borders between ranges; of many, or of long ones, some are left empty. */
export function bordersOf(counts: readonly FacetCount[]): string[] {
  const borders = counts.slice(1).map((one) => shortBound(asText(one.from)))
  const shown = borders.some((border) => border.length > SHORT_CHARACTERS_MAX) ? 3 : BORDERS_SHOWN_MAX
  const step = Math.ceil(borders.length / shown)
  return borders.map((border, place) => (place % step === Math.floor(step / 2) ? border : ''))
}
