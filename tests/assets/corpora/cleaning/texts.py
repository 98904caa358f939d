"""Texts that trip no rule, to be spoiled by the tests."""

from __future__ import annotations

GOOD = (
    "Patients with acute infection were studied over two years and the results of treatment were "
    "compared with earlier reports. Recovery was faster when therapy began within one day, while "
    "older people needed longer care. No severe side effects were seen, but mild nausea was "
    "common. We conclude that early therapy should be preferred, and that further controlled "
    "trials have to show whether lower doses would be enough for young adults."
)

OTHER = (
    "A swollen knee can have many causes, and the first thing to do is to rest the leg. Ice should "
    "be put on it for some minutes every few hours. Anyone who cannot walk on it has to see a "
    "doctor within the day. Exercise is useful again as soon as the pain is gone."
)

CODE = "def add(first, second):\n    return first + second\n\n\nprint(add(1, 2))\n" * 3

CHINESE = (
    "\u7cd6\u5c3f\u75c5\u662f\u4e00\u7ec4\u4ee5\u9ad8\u8840\u7cd6\u4e3a\u7279\u5f81\u7684\u4ee3\u8c22\u6027\u75be\u75c5\u3002"
    "\u9ad8\u8840\u7cd6\u5219\u662f\u7531\u4e8e\u80f0\u5c9b\u7d20\u5206\u6ccc\u7f3a\u9677\u6216\u5176\u751f\u7269\u4f5c\u7528\u53d7\u635f\uff0c"
    "\u6216\u4e24\u8005\u517c\u6709\u5f15\u8d77\u3002\u957f\u671f\u5b58\u5728\u7684\u9ad8\u8840\u7cd6\uff0c\u5bfc\u81f4\u5404\u79cd\u7ec4\u7ec7\uff0c"
    "\u7279\u522b\u662f\u773c\u3001\u80be\u3001\u5fc3\u810f\u3001\u8840\u7ba1\u3001\u795e\u7ecf\u7684\u6162\u6027\u635f\u5bb3\u548c\u529f\u80fd\u969c\u788d\u3002"
    "\u60a3\u8005\u5e94\u5f53\u63a7\u5236\u996e\u98df\uff0c\u9002\u91cf\u8fd0\u52a8\uff0c\u5e76\u5728\u533b\u751f\u6307\u5bfc\u4e0b\u4f7f\u7528\u964d\u7cd6\u836f\u7269\u3002"
)
"""Five sentences on diabetes, about 130 characters."""

JAPANESE = (
    "\u9ad8\u8840\u5727\u306f\u3001\u5b89\u9759\u6642\u306e\u8840\u5727\u304c\u6162\u6027\u7684\u306b\u6b63\u5e38\u5024\u3088\u308a\u3082\u9ad8\u3044\u72b6\u614b\u3092\u3044\u3044\u307e\u3059\u3002"
    "\u9ad8\u8840\u5727\u306b\u306a\u308b\u3068\u8840\u7ba1\u306b\u5e38\u306b\u8ca0\u62c5\u304c\u304b\u304b\u308b\u305f\u3081\u3001\u8840\u7ba1\u306e\u5185\u58c1\u304c\u50b7\u3064\u3044\u305f\u308a\u3001"
    "\u67d4\u8edf\u6027\u304c\u306a\u304f\u306a\u3063\u3066\u56fa\u304f\u306a\u3063\u305f\u308a\u3057\u3066\u3001\u52d5\u8108\u786c\u5316\u3092\u8d77\u3053\u3057\u3084\u3059\u304f\u306a\u308a\u307e\u3059\u3002"
    "\u5869\u5206\u3092\u63a7\u3048\u3001\u9069\u5ea6\u306b\u904b\u52d5\u3057\u3001\u533b\u5e2b\u306e\u6307\u793a\u306b\u5f93\u3063\u3066\u85ac\u3092\u98f2\u3080\u3053\u3068\u304c\u5927\u5207\u3067\u3059\u3002"
)
"""Four sentences on high blood pressure, about 140 characters."""


def distinct(start: int, count: int) -> str:
    """Distinct words of mixed length."""
    return " ".join(f"w{'x' * (i % 7)}{i}" for i in range(start, start + count))
