// Requests to the server: one under way at a time, and of those that wait only the newest counts.

export class ServerError extends Error {}

/** The answer to a request as JSON; a ServerError with the server's one line otherwise. */
export async function call(path, options = {}) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new ServerError("The server does not answer; start it again with sdnn serve.");
  }
  const answer = await response.json().catch(() => ({ error: `answer ${response.status} of the server` }));
  if (!response.ok) throw new ServerError(answer.error);
  return answer;
}

/** Keeps one request under way; `ask` asks for another, which starts as soon as that is done. */
export class NewestWins {
  #running = false;
  #waiting = false;
  #version = 0;

  /**
   * @param {() => Promise<any>} request makes the request of what is there now, or returns null
   * @param {(answer: any) => void} onAnswer
   * @param {(error: Error) => void} onError
   */
  constructor(request, onAnswer, onError) {
    Object.assign(this, { request, onAnswer, onError });
  }

  /** Forgets the answer under way. */
  forget() {
    this.#version += 1;
    this.#waiting = false;
  }

  async ask() {
    this.#waiting = true;
    if (this.#running) return;
    this.#running = true;
    while (this.#waiting) {
      this.#waiting = false;
      const version = this.#version;
      try {
        const answer = await this.request();
        if (version === this.#version && answer !== null) this.onAnswer(answer);
      } catch (error) {
        if (version === this.#version) this.onError(error);
      }
    }
    this.#running = false;
  }
}
