// Says how many members the conditions have while they are typed; asks once the typing has paused.
document.addEventListener("DOMContentLoaded", () => {
  const PAUSE = 400;
  const output = document.querySelector("[data-count]");
  const form = output?.closest("form");
  if (!form) return;

  let timer = 0;
  let asked = 0;

  async function ask() {
    const mine = (asked += 1);
    const given = new FormData(form);
    for (const name of ["csrfmiddlewaretoken", "reason", "name", "code"]) given.delete(name);
    try {
      const reply = await fetch(`${output.dataset.count}?${new URLSearchParams(given)}`, {
        headers: { Accept: "application/json" },
      });
      if (!reply.ok) throw new Error(`${reply.status}`);
      const answer = await reply.json();
      // An older question that is answered late says nothing any more.
      if (mine !== asked) return;
      output.textContent = answer.words;
      output.classList.toggle("x-live--wrong", answer.is_wrong);
    } catch {
      if (mine === asked) output.textContent = "—";
    }
  }

  function later() {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  }

  form.addEventListener("input", later);
  form.addEventListener("change", later);
  ask();
});
