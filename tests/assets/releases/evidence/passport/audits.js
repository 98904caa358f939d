() => {
    // Judges of a whole page: what has no name, and the contrast of every visible piece of text.
    const byId = (id) => document.getElementById(id);

    function unnamed() {
        const bad = [];
        for (const table of document.querySelectorAll("table")) {
            if (!table.caption || !table.caption.textContent.trim()) bad.push("table: no caption");
            for (const head of table.querySelectorAll("th"))
                if (!["row", "col"].includes(head.scope)) bad.push(`${head.textContent}: no scope`);
        }
        for (const svg of document.querySelectorAll("svg")) {
            const name = svg.getAttribute("aria-label") || byId(svg.getAttribute("aria-labelledby"));
            const hidden = svg.getAttribute("aria-hidden") === "true";
            if (!hidden && !(svg.getAttribute("role") && name)) bad.push("svg: no name");
        }
        for (const part of document.querySelectorAll("section, aside, nav"))
            if (!part.getAttribute("aria-label") && !byId(part.getAttribute("aria-labelledby")))
                bad.push(`${part.id}: no name`);
        for (const input of document.querySelectorAll("input"))
            if (!input.labels.length) bad.push(`${input.id}: no label`);
        const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
        if (new Set(ids).size !== ids.length) bad.push("an id stands twice");
        return bad;
    }

    // A pixel of the browser's own tells what a colour is, however it is written.
    const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    context.canvas.width = context.canvas.height = 1;
    function parse(colour) {
        context.clearRect(0, 0, 1, 1);
        context.fillStyle = colour;
        context.fillRect(0, 0, 1, 1);
        const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data;
        return [r, g, b, a / 255];
    }

    // WCAG 2.2, relative luminance.
    function luminance([r, g, b]) {
        const part = (c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
        return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
    }

    const over = (top, low) => [0, 1, 2].map((i) => top[i] * top[3] + low[i] * (1 - top[3]));

    function behind(x, y) {
        const layers = [];
        for (const element of document.elementsFromPoint(x, y)) {
            const style = getComputedStyle(element);
            const shape = element instanceof SVGGeometryElement;
            if (element instanceof SVGTextContentElement) continue;
            if (shape && style.fill === "none") continue;
            const colour = parse(shape ? style.fill : style.backgroundColor);
            colour[3] *= Number(style.opacity);
            if (colour[3]) layers.push(colour);
            if (colour[3] === 1) break;
        }
        const ground = parse(getComputedStyle(document.body).backgroundColor);
        return layers.reverse().reduce((low, top) => over(top, low), ground);
    }

    function contrast(node) {
        const element = node.parentElement, range = document.createRange();
        element.scrollIntoView({ block: "center", inline: "nearest" });
        range.selectNodeContents(node);
        const box = range.getClientRects()[0];
        if (!box || !box.width) return null;
        const x = box.left + Math.min(box.width / 2, 6), y = box.top + box.height / 2;
        if (x < 0 || y < 0 || x >= innerWidth || y >= innerHeight) return null;
        const style = getComputedStyle(element), ground = behind(x, y);
        const ink = parse(element instanceof SVGElement ? style.fill : style.color);
        const both = [luminance(over(ink, ground)), luminance(ground)];
        return (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
    }

    function contrasts() {
        const found = [], unseen = "script, style, noscript, .skip, title";
        const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        for (let node = walker.nextNode(); node; node = walker.nextNode()) {
            const element = node.parentElement, text = node.data.trim();
            if (!text || !element.checkVisibility() || element.closest(unseen)) continue;
            const ratio = contrast(node);
            if (ratio !== null) found.push([text.slice(0, 60), ratio]);
        }
        return found;
    }

    return { unnamed, contrasts };
}
