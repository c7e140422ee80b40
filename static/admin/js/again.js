// Shows the page anew after a while, when something on it is still being computed.
const waiting = document.querySelector("[data-again]");

if (waiting) setTimeout(() => location.reload(), Number(waiting.dataset.again));
