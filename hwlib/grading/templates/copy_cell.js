for (const button of document.querySelectorAll("button.copy")) {
  const cell = button.parentElement.querySelector("pre");
  button.hidden = false;
  button.addEventListener("click", async () => {
    getSelection().selectAllChildren(cell);
    try {
      await navigator.clipboard.writeText(cell.textContent);
      button.textContent = "Copied";
    } catch {
      button.textContent = document.execCommand("copy") ? "Copied" : "Selected: copy it now";
    }
  });
}
