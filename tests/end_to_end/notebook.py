"""Runs the code cells of a notebook, one after the other, in one name space, without Jupyter.

    notebook.py NOTEBOOK            fails where a cell raises
    notebook.py NOTEBOOK --write    also stores what the cells print and show as their outputs

A cell's last line may be an expression: what shows itself by _repr_png_ is an image, all else is text.
"""

import ast
import base64
import contextlib
import io
import json
import os
import sys


def run(source, names, label):
    """Returns the outputs of one cell: a stream of text, and the value of a last expression."""
    tree = ast.parse(source, label)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed, outputs = io.StringIO(), []
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, label, "exec"), names)
        value = eval(compile(ast.Expression(last.value), label, "eval"), names) if last else None
    if printed.getvalue():
        outputs.append({"output_type": "stream", "name": "stdout", "text": printed.getvalue().splitlines(True)})
    if value is not None:
        data = {"text/plain": [repr(value)]}
        if hasattr(value, "_repr_png_"):
            data = {"image/png": base64.b64encode(value._repr_png_()).decode(), "text/plain": ["a picture"]}
        outputs.append({"output_type": "display_data", "data": data, "metadata": {}})
    return outputs


def main():
    path = os.path.abspath(sys.argv[1])  # cells may go into other folders
    with open(path, encoding="utf-8") as file:
        notebook = json.load(file)
    names, count = {"__name__": "__main__"}, 0
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            continue
        count += 1
        outputs = run("".join(cell["source"]), names, "cell %d" % count)
        if "--write" in sys.argv:
            cell["outputs"], cell["execution_count"] = outputs, count
    if "--write" in sys.argv:
        with open(path, "w", encoding="utf-8") as file:
            json.dump(notebook, file, indent=1, ensure_ascii=False)
            file.write("\n")
    print("%d cells" % count)


main()
