/** A request that came to nothing, as the sentence that the server gave. Pure. */

/** What the server, or the way to it, refused. `message` says what to do. */
export class Refusal extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly code: string,
  ) {
    super(message)
  }
}

/** From the body of a refused request: a problem document, or whatever came. */
export function refusalOf(body: unknown, status: number): Refusal {
  const problem = typeof body === 'object' && body !== null ? (body as { detail?: unknown; type?: unknown }) : {}
  const detail = typeof problem.detail === 'string' ? problem.detail : `The server answered ${status}.`
  const code = typeof problem.type === 'string' ? (problem.type.split(':').pop() ?? '') : ''
  return new Refusal(detail, status, code)
}
