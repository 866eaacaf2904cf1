#!/usr/bin/env python3
"""What a linear classifier of words reaches on the same texts: TF-IDF of words and pairs of words, logistic regression.

    texts_baseline.py TRAIN TEST [--columns text=4,label=1 | text=2,pair=3,label=1 | text=NAME,..] [--samples N]
                      [--stem english] [--bag]

TRAIN, TEST: tables separated by tabs, as kitinet convert reads them (several of one layout: A.tsv,B.tsv), packed by
gzip or not. Of pairs the words of both texts have features of their own (bag of words), and so have, but with --bag,
the words of the second that the first has not. --stem: of words their stems. C is chosen on a tenth of the training
texts. Needs numpy, scipy, scikit-learn, for --stem PyStemmer.
"""

import argparse
import csv
import gzip
import re
import sys

import numpy as np
from scipy.sparse import hstack
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression

csv.field_size_limit(1 << 30)


def read(paths, columns):
    """texts (n, roles), labels; samples of label "-" are left out."""
    roles = dict(c.split("=") for c in columns.split(","))
    numbered = all(c.isdigit() for c in roles.values())
    texts, labels = [], []
    for path in paths.split(","):
        with (gzip.open if path.endswith(".gz") else open)(path, "rt", encoding="utf-8", newline="\n") as file:
            rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            names = None if numbered else next(rows)
            place = {r: int(c) - 1 if numbered else names.index(c) for r, c in roles.items()}
            for row in rows:
                if row and row[place["label"]] != "-":
                    texts.append([re.sub(r"<[^<>]*>", " ", row[place[r]]) for r in ("text", "pair") if r in place])
                    labels.append(row[place["label"]])
    return texts, np.array(labels)


def stems(texts, language):
    import Stemmer

    rules = Stemmer.Stemmer(language)
    return [[re.sub(r"\w+", lambda m: rules.stemWord(m.group().lower()), t) for t in roles] for roles in texts]


def features(train, others, bag):
    """Of each list of texts a sparse matrix, the vocabulary being that of the first."""
    first = lambda texts: [t[0] for t in texts]
    if len(train[0]) == 1:
        v = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True, token_pattern=r"(?u)\b\w+\b")
        return [v.fit_transform(first(train))] + [v.transform(first(o)) for o in others]
    count = lambda: CountVectorizer(min_df=2, binary=True, token_pattern=r"(?u)\b\w+\b")
    second = lambda texts: [t[1] for t in texts]

    def new(texts):
        words = lambda t: re.findall(r"\w+", t.lower())
        return [" ".join(w for w in words(b) if w not in set(words(a))) for a, b in texts]

    parts = [(count(), take) for take in ((first, second) if bag else (first, second, new))]
    fitted = hstack([v.fit_transform(take(train)) for v, take in parts]).tocsr()
    return [fitted] + [hstack([v.transform(take(o)) for v, take in parts]).tocsr() for o in others]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train")
    parser.add_argument("test")
    parser.add_argument("--columns", default="text=text,label=label")
    parser.add_argument("--samples", type=int, default=0, help="of the training texts the first so many")
    parser.add_argument("--stem", default="", help="language whose stems take the place of words")
    parser.add_argument("--bag", action="store_true", help="of pairs nothing but a bag of words for each text")
    a = parser.parse_args()
    x, y = read(a.train, a.columns)
    x_test, y_test = read(a.test, a.columns)
    if a.stem:
        x, x_test = stems(x, a.stem), stems(x_test, a.stem)
    if a.samples:
        x, y = x[: a.samples], y[: a.samples]
    kept = max(1, len(x) // 10)
    order = np.random.RandomState(1).permutation(len(x))
    x, y = [x[i] for i in order], y[order]
    small, held = features(x[:-kept], [x[-kept:]], a.bag)
    scores = {}
    for c in (0.03, 0.1, 0.3, 1, 3, 10):
        scores[c] = LogisticRegression(C=c, max_iter=1000).fit(small, y[:-kept]).score(held, y[-kept:])
    best = max(scores, key=scores.get)
    whole, test = features(x, [x_test], a.bag)
    model = LogisticRegression(C=best, max_iter=1000).fit(whole, y)
    print(
        f"{len(x)} training, {len(x_test)} test samples, {whole.shape[1]} features, C = {best}: "
        f"test accuracy {100 * model.score(test, y_test):.2f} %"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
