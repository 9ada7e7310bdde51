/** The states of files before they are loaded. Pure: a change gives the next list. */
import type { Preview } from '../api/schema'
import { lacksKey, type Options } from './options'

/** unseen → previewing → ready or refused; then queued → sending → (gone) or failed. */
export type Phase = 'unseen' | 'previewing' | 'ready' | 'refused' | 'queued' | 'sending' | 'failed'

export interface Draft {
  id: number
  file: File
  key: string
  options: Options
  phase: Phase
  preview: Preview | null
  error: string | null
  sentBytes: number
}

export type NewDraft = Pick<Draft, 'id' | 'file' | 'key' | 'options'>

export type DraftChange =
  | { kind: 'added'; drafts: readonly NewDraft[] }
  | { kind: 'options'; id: number; options: Options }
  | { kind: 'previewing' | 'sending'; id: number }
  | { kind: 'removed'; id: number }
  | { kind: 'previewed'; id: number; options: Options; preview: Preview }
  | { kind: 'refused'; id: number; options: Options; error: Error }
  | { kind: 'queued'; ids: readonly number[] }
  | { kind: 'sent'; id: number; sent: number }
  | { kind: 'failed'; id: number; error: Error }
  | { kind: 'settled' }

export const isWaiting = (draft: Draft): boolean => draft.phase === 'queued'
export const canLoad = (draft: Draft): boolean => (draft.phase === 'ready' || draft.phase === 'failed') && !lacksKey(draft.options)

export function draftsAfter(drafts: readonly Draft[], change: DraftChange): readonly Draft[] {
  switch (change.kind) {
    case 'added':
      return [...drafts, ...change.drafts.map((one) => fresh(one))]
    case 'removed':
      return drafts.filter((draft) => draft.id !== change.id)
    case 'queued':
      return drafts.map((draft) => (change.ids.includes(draft.id) && canLoad(draft) ? { ...draft, phase: 'queued', error: null } : draft))
    case 'settled':
      return [...drafts] // a place is free: the next may be sent
    default:
      return drafts.map((draft) => (draft.id === change.id ? changed(draft, change) : draft))
  }
}

function fresh(one: NewDraft): Draft {
  return { ...one, phase: 'unseen', preview: null, error: null, sentBytes: 0 }
}

type ChangeOfOne = Exclude<DraftChange, { kind: 'added' | 'removed' | 'queued' | 'settled' }>

function changed(draft: Draft, change: ChangeOfOne): Draft {
  switch (change.kind) {
    case 'options':
      return { ...draft, options: change.options, phase: 'unseen', error: null }
    case 'previewing':
      return { ...draft, phase: 'previewing' }
    case 'previewed': // an answer to options that have changed meanwhile is no answer
      return draft.options === change.options ? { ...draft, phase: 'ready', preview: change.preview, error: null } : draft
    case 'refused':
      return draft.options === change.options ? { ...draft, phase: 'refused', error: change.error.message } : draft
    case 'sending':
      return { ...draft, phase: 'sending', sentBytes: 0 }
    case 'sent':
      return { ...draft, sentBytes: change.sent }
    case 'failed':
      return { ...draft, phase: 'failed', error: change.error.message }
  }
}
