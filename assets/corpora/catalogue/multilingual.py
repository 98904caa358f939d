"""Chinese and Japanese: documentation, dictionary, poetry, under the same rules as English."""

from __future__ import annotations

from assets.corpora.catalogue.entry import fetched_source

MULTILINGUAL = (
    fetched_source(
        name="manpages_zh",
        title="Manual pages in Chinese",
        reader="manpage",
        domain="general",
        kind="prose",
        language="zh",
        licence="GFDL-1.2-or-later",
        citation="manpages-zh project (CMPP): Chinese manual pages",
        description=(
            "Translated manual pages in simplified characters, one document per page; some pages "
            "stand under their program's licence (GPL, BSD)."
        ),
        package="deb:manpages-zh",
        files=("usr/share/man/zh_CN/*.gz",),
    ),
    fetched_source(
        name="debian_reference_zh",
        title="Debian Reference in Chinese",
        reader="plain_text",
        domain="general",
        kind="prose",
        language="zh",
        licence="GPL-2.0-or-later",
        citation="Osamu Aoki and translators: Debian Reference, Chinese edition",
        description="A handbook of the system, one document.",
        package="deb:debian-reference-zh-cn",
        files=("usr/share/debian-reference/debian-reference.zh-cn.txt.gz",),
    ),
    fetched_source(
        name="fortunes_zh",
        title="Chinese fortunes",
        reader="fortunes",
        domain="general",
        kind="prose",
        language="zh",
        licence="GPL-3.0-or-later",
        citation="fortunes-zh project: Chinese quotations, Tang and Song poems",
        description="Sayings and poems, one document each.",
        package="deb:fortunes-zh",
        files=(
            "usr/share/games/fortunes/chinese",
            "usr/share/games/fortunes/song100",
            "usr/share/games/fortunes/tang300",
        ),
    ),
    fetched_source(
        name="chinese_poetry",
        title="Chinese poetry of Tang and Song",
        reader="poetry",
        domain="general",
        kind="prose",
        language="zh",
        licence="MIT",
        citation="chinese-poetry contributors: chinese-poetry 2.0.1",
        description=(
            "Poems and lyrics of the Tang and Song dynasties and the classics, in traditional and "
            "simplified characters, one document per poem or chapter."
        ),
        package="npm:chinese-poetry",
        version="2.0.1",
        files=(
            "package/dist/lunyu/lunyu.json",
            "package/dist/quantangshi/poet.*.json",
            "package/dist/shijing/shijing.json",
            "package/dist/sishuwujing/mengzi.json",
            "package/dist/songci/ci.song.*.json",
            "package/dist/yuanqu/yuanqu.json",
        ),
    ),
    fetched_source(
        name="manpages_ja",
        title="Manual pages in Japanese",
        reader="manpage",
        domain="general",
        kind="prose",
        language="ja",
        licence="LicenseRef-JM-Project",
        citation="JM Project: Japanese manual pages, version 20221215",
        description=(
            "Translated manual pages, one document per page, each under the licence of its "
            "original; all are free software, some ask that the source goes with copies."
        ),
        package="deb:manpages-ja",
        files=("usr/share/man/ja/*.gz",),
    ),
    fetched_source(
        name="edict",
        title="EDICT Japanese-English dictionary",
        reader="edict",
        domain="general",
        kind="term",
        language="ja",
        licence="CC-BY-SA-3.0",
        citation=(
            "Electronic Dictionary Research and Development Group, Monash University: EDICT, 2021 "
            "(Breen, JMdict, COLING 2004)"
        ),
        description="Words with reading and English senses, one document per entry.",
        package="deb:edict",
        files=("usr/share/edict/edict",),
    ),
)
