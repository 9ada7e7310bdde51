import { describe, expect, it } from 'vitest'
import { differing } from '../src/dataset/differing'
import { stateOf } from '../src/workers/workerState'

describe('the state of a process', () => {
  const quiet = { is_lost: false, waiting_for: [], in_hand: [] }
  it('tells what is worst first', () => {
    expect(stateOf({ ...quiet, is_lost: true, waiting_for: ['kafka'] }).text).toContain('lost')
    expect(stateOf({ ...quiet, waiting_for: ['kafka'] })).toEqual({ tone: 'bad', text: 'waits for kafka' })
    expect(stateOf(quiet).tone).toBe('idle')
  })
})

describe('what differs between two rows', () => {
  it('is compared as text, absent and null alike', () => {
    expect([...differing({ a: 1, b: null, c: 'x' }, { a: 1, c: 'y', d: 2 })]).toEqual(['c', 'd'])
  })
  it('is nothing where there is no row to compare with', () => {
    expect(differing(undefined, { a: 1 }).size).toBe(0)
  })
})
