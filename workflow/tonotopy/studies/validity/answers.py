"""What the front page says of study 7."""

from tonotopy.study import Answer

QUESTION = "Which method recovers what causes the network's answer?"
HEADLINE = "marks"
LEAD = (
    "Methods claim to tell what a network uses. Here the truth is measured on the network itself: "
    "one attribute of a clip is exchanged, all else is kept, and the network hears it again. A "
    "mark of 1 is full agreement with these interventions, 0 is what chance gives. It shows how "
    "far each method can be believed on this network, on sound that is made here, for one "
    "attribute exchanged at a time. It does not show that the order of methods holds for other "
    "networks, for recordings, or for causes that act together."
)

ANSWERS = (
    Answer(
        "validity.steering",
        supported="Steering along vectors of probes recovers the effects of interventions (mark "
        "above .8).",
        contradicted="Steering along vectors of probes recovers the effects of interventions less "
        "well than asked (mark below .8).",
        inconclusive="Whether steering along vectors of probes gets a mark of .8, this run cannot "
        "tell.",
    ),
    Answer(
        "validity.steering_over_tcav",
        supported="Steering agrees with interventions better than TCAV does.",
        contradicted="TCAV agrees with interventions better than steering does.",
        inconclusive="Whether steering or TCAV agrees better with interventions, this run cannot "
        "tell.",
    ),
    Answer(
        "validity.steering_over_cosine",
        supported="Steering, which tells causes, agrees with interventions better than cosines of "
        "vectors, which tell what is encoded.",
        contradicted="Cosines of vectors, which tell what is encoded, agree with interventions "
        "better than steering does.",
        inconclusive="Whether steering agrees with interventions better than cosines of vectors, "
        "this run cannot tell.",
    ),
    Answer(
        "validity.over_attribute",
        supported="The network listens to lead and rhythm, which cause genres: exchanging either "
        "moves its answer more than any attribute that causes none.",
        contradicted="Exchanging lead or rhythm, which cause genres, moves the answer less than "
        "every attribute that causes none.",
        inconclusive="Whether lead and rhythm, which cause genres, move the answer more than other "
        "attributes, this run cannot tell.",
    ),
)
