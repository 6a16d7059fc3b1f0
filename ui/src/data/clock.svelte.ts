// The time that dates are told against: moves each minute, and at midnight with it.
class Clock {
  now = $state.raw(new Date());

  follow(): () => void {
    const tick = setInterval(() => {
      this.now = new Date();
    }, 30_000);
    return () => clearInterval(tick);
  }
}

export const clock = new Clock();
