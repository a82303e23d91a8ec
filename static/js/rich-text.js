/* Makes an editor of a box for rich text. kith.js fetches this, and this the editor, where there is such a box.
   The box stays in the form, out of sight, with what the editor holds as its value. */

const ADDRESS = /^(https?:\/\/|mailto:|tel:)/i;
const COMMANDS = {
  bold: (chain) => chain.toggleBold(),
  italic: (chain) => chain.toggleItalic(),
  underline: (chain) => chain.toggleUnderline(),
  strike: (chain) => chain.toggleStrike(),
  heading: (chain) => chain.toggleHeading({ level: 2 }),
  bulletList: (chain) => chain.toggleBulletList(),
  orderedList: (chain) => chain.toggleOrderedList(),
  blockquote: (chain) => chain.toggleBlockquote(),
};

/* Every extension that the server's list of tags lets through, and no more. */
const extensions = (kit) => {
  // Tab leaves the editor wherever it is pressed, and Ctrl-Enter is the form's.
  const item = kit.ListItem.extend({
    addKeyboardShortcuts() {
      return { Enter: () => this.editor.commands.splitListItem(this.name) };
    },
  });
  const line = kit.HardBreak.extend({
    addKeyboardShortcuts() {
      return { "Shift-Enter": () => this.editor.commands.setHardBreak() };
    },
  });
  // An anchor and its address: no more of a link is kept.
  const link = kit.Mark.create({
    name: "link",
    inclusive: false,
    addAttributes: () => ({ href: { default: null } }),
    parseHTML: () => [{ tag: "a[href]", getAttrs: (a) => ADDRESS.test(a.getAttribute("href")) && null }],
    renderHTML: ({ HTMLAttributes }) => ["a", HTMLAttributes, 0],
  });
  return [
    kit.Document, kit.Paragraph, kit.Text, line, kit.History, kit.Gapcursor,
    kit.Bold, kit.Italic, kit.Underline, kit.Strike, kit.Code, kit.CodeBlock, link,
    kit.Heading.configure({ levels: [2, 3] }), kit.Blockquote, kit.HorizontalRule,
    kit.BulletList, kit.OrderedList, item,
  ];
};

/* Text that was typed without script has lines and no paragraphs. */
const content = (text) => {
  if (/<[a-z!/]/i.test(text)) return text;
  return { type: "doc", content: text.split("\n").map((line) => ({ type: "paragraph", content: line ? [{ type: "text", text: line }] : [] })) };
};

export const enhance = async (area) => {
  if (area.hidden || area.dataset.enhanced) return;
  area.dataset.enhanced = "";
  const kit = await import(area.dataset.editor);
  if (!area.isConnected) return;
  const frame = document.createElement("div");
  frame.className = "rich-text-editor";
  const tools = area.parentElement.querySelector("template[data-rich-text-tools]").content.cloneNode(true);
  const label = area.labels[0];
  if (label) label.id ||= `${area.id}_label`;
  const described = area.getAttribute("aria-describedby");
  const attributes = {
    class: "rich-text rich-text-editor__text",
    role: "textbox",
    "aria-multiline": "true",
    ...(label ? { "aria-labelledby": label.id } : {}),
    ...(described ? { "aria-describedby": described } : {}),
    ...(area.getAttribute("aria-invalid") ? { "aria-invalid": "true" } : {}),
  };
  const focused = document.activeElement === area;
  frame.append(tools);
  area.before(frame);
  area.hidden = true;
  const editor = new kit.Editor({
    element: frame,
    extensions: extensions(kit),
    content: content(area.value),
    injectCSS: false,
    editorProps: { attributes },
    onUpdate: () => {
      area.value = editor.isEmpty ? "" : editor.getHTML();
      area.dispatchEvent(new Event("input", { bubbles: true }));
    },
    onTransaction: () => draw(),
  });
  label?.addEventListener("click", () => editor.commands.focus());
  const buttons = [...frame.querySelectorAll("[data-tool]")];
  const linking = frame.querySelector(".rich-text-link");
  const address = linking.querySelector("input");
  const linkButton = frame.querySelector("[data-tool=link]");
  const draw = () => {
    for (const button of buttons) button.setAttribute("aria-pressed", editor.isActive(button.dataset.tool));
  };
  const showLink = (open) => {
    linking.hidden = !open;
    linkButton.setAttribute("aria-expanded", open);
    if (!open) return editor.commands.focus();
    linking.querySelector("[data-link=remove]").hidden = !editor.isActive("link");
    address.value = editor.getAttributes("link").href ?? "";
    address.focus();
  };
  const setLink = (href) => {
    let chain = editor.chain().focus().extendMarkRange("link");
    if (!href) chain = chain.unsetMark("link");
    else if (editor.state.selection.empty && !editor.isActive("link")) {
      chain = chain.insertContent({ type: "text", text: href, marks: [{ type: "link", attrs: { href } }] });
    } else chain = chain.setMark("link", { href });
    chain.run();
    showLink(false);
  };
  frame.addEventListener("click", ({ target }) => {
    const tool = target.closest("[data-tool]")?.dataset.tool;
    if (tool === "link") showLink(linking.hidden);
    else if (tool) COMMANDS[tool](editor.chain().focus()).run();
    const does = target.closest("[data-link]")?.dataset.link;
    if (!does) return;
    const typed = address.value.trim();
    setLink(does === "set" && typed ? (ADDRESS.test(typed) ? typed : `https://${typed}`) : "");
  });
  linking.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === "Escape") showLink(false);
    else if (event.target === address) linking.querySelector("[data-link=set]").click();
    else event.target.click();
  });
  // One stop for Tab; arrows move within, as in every toolbar.
  const rove = (to) => buttons.forEach((button) => (button.tabIndex = button === to ? 0 : -1));
  rove(buttons[0]);
  frame.querySelector("[role=toolbar]").addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const place = buttons.indexOf(document.activeElement);
    if (!step || place < 0) return;
    event.preventDefault();
    const next = buttons[(place + step + buttons.length) % buttons.length];
    rove(next);
    next.focus();
  });
  draw();
  if (focused) editor.commands.focus("end");
};
