/** How a process is, in a word and a tone. Pure. */
import type { WorkerOut } from '../api/schema'

export interface WorkerState {
  tone: 'good' | 'bad' | 'idle'
  text: string
}

export function stateOf(worker: Pick<WorkerOut, 'is_lost' | 'waiting_for' | 'in_hand'>): WorkerState {
  if (worker.is_lost) return { tone: 'bad', text: 'lost: nothing was heard of it' }
  if (worker.waiting_for.length > 0) return { tone: 'bad', text: `waits for ${worker.waiting_for.join(', ')}` }
  return worker.in_hand.length > 0 ? { tone: 'good', text: 'works' } : { tone: 'idle', text: 'waits for work' }
}
