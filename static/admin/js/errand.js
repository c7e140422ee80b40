// Says how far a long piece of work has got, every second; when it has ended the page is shown anew.
const page = document.querySelector("[data-errand]");
const EVERY = 1000;
const SLOWEST = 8000;

function show(answer) {
  page.querySelector("[data-sentence]").textContent = answer.sentence;
  const bar = page.querySelector("[data-bar]");
  if (!bar || answer.percent === null) return;
  bar.value = answer.percent;
  page.querySelector("[data-percent]").textContent = `${answer.percent}%`;
}

async function follow(wait) {
  await new Promise((done) => setTimeout(done, wait));
  let next = EVERY;
  try {
    const reply = await fetch(page.dataset.errand, { headers: { Accept: "application/json" } });
    if (!reply.ok) throw new Error(`${reply.status}`);
    const answer = await reply.json();
    if (!answer.open) {
      location.reload();
      return;
    }
    show(answer);
  } catch {
    // The line is down for a moment, or the house restarts: ask again, less often.
    next = Math.min(wait * 2, SLOWEST);
  }
  follow(next);
}

if (page?.dataset.open) follow(EVERY);
