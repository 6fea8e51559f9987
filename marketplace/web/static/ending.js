// Warns five minutes before a session ends, and lets a person stay. Without it the sign-in page has said when that is.

const NOTICE = 5 * 60;
const dialog = document.getElementById("ending");
const idle = Number(dialog.dataset.idle);
const over = performance.now() / 1000 + Number(dialog.dataset.left); // whatever is done until then
let timer;

function wait() {
  clearTimeout(timer);
  dialog.dataset.over = false;
  const left = over - performance.now() / 1000;
  timer = setTimeout(() => tell(left <= idle), Math.max(Math.min(idle, left) - NOTICE, 0) * 1000);
}

function tell(isOver) {
  dialog.querySelector("[data-when=idle]").hidden = isOver;
  dialog.querySelector("[data-when=over]").hidden = !isOver;
  dialog.querySelector("button").textContent = isOver ? "Close" : "Stay signed in";
  dialog.dataset.over = isOver;
  dialog.showModal();
}

dialog.addEventListener("close", async () => {
  if (dialog.dataset.over === "true") return;
  const answer = await fetch("/", { method: "HEAD", redirect: "manual" });
  if (answer.ok) wait(); // else it is over: what stands in the page is asked for again once it is sent
});

wait();
