"""Words of a language's grammar, folded, which a word cloud leaves out. Pure.

What is left of an elision (“l’eau”, “it's”) is a single letter, which no cloud shows.
"""

from __future__ import annotations

from typing import Final

STOP_WORDS: Final[dict[str, frozenset[str]]] = {
    language: frozenset(words.split())
    for language, words in {
        "en": "a about after again all also am an and any are aren as at be because been before being "
        "but by can could did didn do does doesn doing don down each even for from get gets go "
        "going got had has hasn have haven having he her here him his how if in into is isn it "
        "its just let like ll make me more most much my no nor not of off on once only or other "
        "our out over own please re same she should shouldn so some such than that the their them "
        "then there these they this those through to too under until up us ve very was wasn we "
        "were what when where which while who whom why will with without won would you your",
        "fr": "ai aie ainsi alors au aucun aujourd aussi autre aux avec avez avoir avons ce cela ces "
        "cet cette ceux chez comme comment dans de des deux donc dont du elle elles en encore est "
        "et eu faire fait hui il ils je jusqu la le les leur leurs lors lui là ma mais mes moi "
        "mon même ne ni nos notre nous on ont ou où par pas peu peut plus pour pourquoi qu quand "
        "que quel quelle quels qui quoi sa sans se sera ses si soit son sont sous sur ta te tes "
        "toi ton tous tout toute toutes trop très tu un une vos votre vous à été être",
        "es": "a al algo ante antes así aunque cada como con cual cuando de del desde donde dos el ella "
        "ellas ellos en entre era eran eres es esa esas ese eso esos esta estar estas este esto "
        "estos está están fue fueron ha había han hasta hay la las le les lo los me mi mis mucho "
        "muy más nada ni no nos nosotros o os otra otro para pero poco por porque pues que quien "
        "qué se sea ser si sin sobre son su sus sí también tan te tener tiene tienen todo todos "
        "tu un una unas uno unos y ya yo él",
        "pt": "a ao aos as até com como da das de dela dele deles depois do dos e ela elas ele eles em "
        "entre era essa esse esta este está estão eu foi for foram há isso isto já lhe mais mas "
        "me mesmo meu minha muito na nada nas nem no nos nossa nosso num numa não nós o os ou "
        "para pela pelo por porque qual quando que quem se sem ser seu seus sobre sua suas são só "
        "também te tem ter todo todos tu têm um uma você vocês à às é",
        "de": "aber alle allem allen aller alles als also am an ander andere auch auf aus bei beim bin "
        "bis bist da damit dann das dass dem den der des dich die dies diese diesem diesen dieser "
        "dieses dir doch dort du durch ein eine einem einen einer eines er es etwas euch euer für "
        "gegen hab habe haben hat hatte hier hin ich ihm ihn ihnen ihr ihre im in ist ja jede "
        "jeden jeder jetzt kann kein keine keinen können mal man mehr mein meine mich mir mit "
        "muss nach nicht nichts noch nun nur ob oder ohne sehr sein seine sich sie sind so soll "
        "sollte um und uns unser unter viel vom von vor war waren was weil wenn wer werden wie "
        "wieder will wir wird wo zu zum zur zwischen über",
        "cy": "a ac ag ai am ar arall at beth bod bydd byddai cael chi chwi cyn dan ddim ddyn dim dros "
        "dw dyn ei eich ein eu fe fel fi fod fy gan ger gyda heb hefyd hi hon honno hwn hwnnw hyn "
        "hynny i iawn mae maen mai mewn mi mor na nac nad neu nhw ni nid o oedd oes ond os pa pam "
        "pan pwy rhai rwy sut sy sydd ti trwy un wedi wrth y ydw ydy ydym ydyn yma yn yna yng yr "
        "yw â",
    }.items()
}  # fmt: skip
