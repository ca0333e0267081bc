// Asks the browser for a passkey and sends its answer with the form around the button.
for (const form of document.querySelectorAll("form[data-passkey]")) {
  const options = JSON.parse(form.dataset.options);
  const button = form.querySelector("button[type=button]");
  const trouble = form.querySelector("p[hidden]");
  button.addEventListener("click", async () => {
    trouble.hidden = true;
    try {
      const ask = form.dataset.passkey === "create" ? webauthnJSON.create : webauthnJSON.get;
      form.elements[form.dataset.field].value = JSON.stringify(await ask(options));
    } catch (error) {
      trouble.hidden = false;
      return;
    }
    form.submit();
  });
}
