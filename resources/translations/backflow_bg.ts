<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="bg" sourcelanguage="en">
<context>
    <name>Application</name>
    <message>
        <source>Something went wrong in Backflow itself: %1. Your text is safe.</source>
        <translation>Нещо се обърка в самия Backflow: %1. Текстът ви е запазен.</translation>
    </message>
    <message>
        <source>Copy report</source>
        <translation>Копирай доклада</translation>
    </message>
</context>
<context>
    <name>ArraySaver</name>
    <message>
        <source>%1 saved: %2 numbers as %3.</source>
        <translation>%1 е записан: %2 числа като %3.</translation>
    </message>
</context>
<context>
    <name>BesidePane</name>
    <message>
        <source>second graph</source>
        <translation>втори граф</translation>
    </message>
    <message>
        <source>One moment …</source>
        <translation>Един момент …</translation>
    </message>
    <message>
        <source>Select a card to see what it is in the other stage.</source>
        <translation>Изберете карта, за да видите какво е тя в другия етап.</translation>
    </message>
    <message>
        <source>no evidence of a counterpart in %1</source>
        <translation>няма данни за съответствие в %1</translation>
    </message>
    <message>
        <source>and %1 more</source>
        <translation>и още %1</translation>
    </message>
    <message>
        <source>the same</source>
        <translation>същото</translation>
    </message>
    <message>
        <source>its cotangent</source>
        <translation>градиентът му</translation>
    </message>
    <message>
        <source>a share of its cotangent</source>
        <translation>дял от градиента му</translation>
    </message>
    <message>
        <source>kept for the way back</source>
        <translation>запазено за обратния ход</translation>
    </message>
    <message>
        <source>found by comparing</source>
        <translation>намерено чрез сравнение</translation>
    </message>
</context>
<context>
    <name>BottomPanel</name>
    <message>
        <source>Text</source>
        <translation>Текст</translation>
    </message>
    <message>
        <source>Problems</source>
        <translation>Проблеми</translation>
    </message>
    <message>
        <source>Output</source>
        <translation>Изход</translation>
    </message>
</context>
<context>
    <name>CanvasCone</name>
    <message>
        <source>to and from %1 · Esc</source>
        <translation>към и от %1 · Esc</translation>
    </message>
    <message>
        <source>what leads to %1 · Esc</source>
        <translation>какво води до %1 · Esc</translation>
    </message>
    <message>
        <source>what %1 leads to · Esc</source>
        <translation>до какво води %1 · Esc</translation>
    </message>
</context>
<context>
    <name>CardPen</name>
    <message>
        <source>not computed yet</source>
        <translation>още не е пресметнато</translation>
    </message>
</context>
<context>
    <name>ChecksPanel</name>
    <message>
        <source>Check the gradients</source>
        <translation>Провери градиентите</translation>
    </message>
    <message>
        <source>Compare with finite differences and with the other frameworks</source>
        <translation>Сравни с крайни разлики и с другите библиотеки</translation>
    </message>
    <message>
        <source>Checked</source>
        <translation>Проверено</translation>
    </message>
    <message>
        <source>checking …</source>
        <translation>проверява се …</translation>
    </message>
    <message>
        <source>finite differences</source>
        <translation>крайни разлики</translation>
    </message>
    <message>
        <source>largest difference, relative to the largest gradient or 1</source>
        <translation>най-голямата разлика спрямо най-големия градиент или 1</translation>
    </message>
    <message>
        <source>not there</source>
        <translation>липсва</translation>
    </message>
    <message>
        <source>equal</source>
        <translation>равни</translation>
    </message>
</context>
<context>
    <name>Commands</name>
    <message>
        <source>&amp;File</source>
        <translation>&amp;Файл</translation>
    </message>
    <message>
        <source>&amp;Edit</source>
        <translation>&amp;Редактиране</translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation>&amp;Изглед</translation>
    </message>
    <message>
        <source>&amp;Run</source>
        <translation>Из&amp;пълнение</translation>
    </message>
    <message>
        <source>&amp;Go</source>
        <translation>&amp;Навигация</translation>
    </message>
    <message>
        <source>&amp;Lecture</source>
        <translation>&amp;Лекция</translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation>Помо&amp;щ</translation>
    </message>
    <message>
        <source>New</source>
        <translation>Нов</translation>
    </message>
    <message>
        <source>Open…</source>
        <translation>Отвори…</translation>
    </message>
    <message>
        <source>Save session</source>
        <translation>Запиши сесията</translation>
    </message>
    <message>
        <source>Save session as…</source>
        <translation>Запиши сесията като…</translation>
    </message>
    <message>
        <source>Export picture…</source>
        <translation>Изнеси картина…</translation>
    </message>
    <message>
        <source>Save numbers as .npy…</source>
        <translation>Запис на числата като .npy…</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>Изход</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Отмени</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>Повтори</translation>
    </message>
    <message>
        <source>Find</source>
        <translation>Търси</translation>
    </message>
    <message>
        <source>Next hit</source>
        <translation>Следващо съвпадение</translation>
    </message>
    <message>
        <source>Previous hit</source>
        <translation>Предишно съвпадение</translation>
    </message>
    <message>
        <source>Whole graph</source>
        <translation>Целият граф</translation>
    </message>
    <message>
        <source>Selection</source>
        <translation>Избраното</translation>
    </message>
    <message>
        <source>Larger</source>
        <translation>По-едро</translation>
    </message>
    <message>
        <source>Smaller</source>
        <translation>По-дребно</translation>
    </message>
    <message>
        <source>100 %</source>
        <translation>100 %</translation>
    </message>
    <message>
        <source>The view before</source>
        <translation>Предишният изглед</translation>
    </message>
    <message>
        <source>Turn the graph</source>
        <translation>Завърти графа</translation>
    </message>
    <message>
        <source>Two stages side by side</source>
        <translation>Два етапа един до друг</translation>
    </message>
    <message>
        <source>Text beside the graph</source>
        <translation>Текстът до графа</translation>
    </message>
    <message>
        <source>Outline</source>
        <translation>Дърво на групите</translation>
    </message>
    <message>
        <source>Minimap</source>
        <translation>Мини карта</translation>
    </message>
    <message>
        <source>Full screen</source>
        <translation>Цял екран</translation>
    </message>
    <message>
        <source>Open or close</source>
        <translation>Отвори или затвори</translation>
    </message>
    <message>
        <source>Open or close with all inside</source>
        <translation>Отвори или затвори с всичко вътре</translation>
    </message>
    <message>
        <source>Close the group around</source>
        <translation>Затвори обхващащата група</translation>
    </message>
    <message>
        <source>Open all</source>
        <translation>Отвори всички</translation>
    </message>
    <message>
        <source>Close all</source>
        <translation>Затвори всички</translation>
    </message>
    <message>
        <source>As many as fit</source>
        <translation>Колкото се побират</translation>
    </message>
    <message>
        <source>What leads here</source>
        <translation>Какво води дотук</translation>
    </message>
    <message>
        <source>What this leads to</source>
        <translation>Докъде води това</translation>
    </message>
    <message>
        <source>As the system</source>
        <translation>Като системата</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>Светла</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>Тъмна</translation>
    </message>
    <message>
        <source>Projector</source>
        <translation>За проектор</translation>
    </message>
    <message>
        <source>Run</source>
        <translation>Изпълни</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Прекъсни</translation>
    </message>
    <message>
        <source>First step</source>
        <translation>Първа стъпка</translation>
    </message>
    <message>
        <source>One step back</source>
        <translation>Една стъпка назад</translation>
    </message>
    <message>
        <source>Play or pause</source>
        <translation>Пусни или спри</translation>
    </message>
    <message>
        <source>One step forward</source>
        <translation>Една стъпка напред</translation>
    </message>
    <message>
        <source>Last step</source>
        <translation>Последна стъпка</translation>
    </message>
    <message>
        <source>Faster</source>
        <translation>По-бързо</translation>
    </message>
    <message>
        <source>Slower</source>
        <translation>По-бавно</translation>
    </message>
    <message>
        <source>Next stage</source>
        <translation>Следващ етап</translation>
    </message>
    <message>
        <source>Previous stage</source>
        <translation>Предишен етап</translation>
    </message>
    <message>
        <source>Graph</source>
        <translation>Граф</translation>
    </message>
    <message>
        <source>Train</source>
        <translation>Обучение</translation>
    </message>
    <message>
        <source>To the source</source>
        <translation>Към текста</translation>
    </message>
    <message>
        <source>To the graph</source>
        <translation>Към графа</translation>
    </message>
    <message>
        <source>To the player</source>
        <translation>Към плейъра</translation>
    </message>
    <message>
        <source>Lecture mode</source>
        <translation>Режим лекция</translation>
    </message>
    <message>
        <source>Next</source>
        <translation>Напред</translation>
    </message>
    <message>
        <source>Previous</source>
        <translation>Назад</translation>
    </message>
    <message>
        <source>Blank</source>
        <translation>Черен екран</translation>
    </message>
    <message>
        <source>Leave</source>
        <translation>Излез</translation>
    </message>
    <message>
        <source>Keys</source>
        <translation>Клавиши</translation>
    </message>
    <message>
        <source>What is this?</source>
        <translation>Какво е това?</translation>
    </message>
    <message>
        <source>About Backflow</source>
        <translation>За Backflow</translation>
    </message>
    <message>
        <source>Sessions and expressions</source>
        <translation>Сесии и изрази</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>Отвори</translation>
    </message>
    <message>
        <source>All files</source>
        <translation>Всички файлове</translation>
    </message>
    <message>
        <source>Select a card that holds a tensor, then save it.</source>
        <translation>Изберете карта с тензор и го запишете.</translation>
    </message>
    <message>
        <source>Save numbers</source>
        <translation>Запис на числата</translation>
    </message>
    <message>
        <source>See the computation graph that PyTorch, TensorFlow and JAX really build, values and gradients included.</source>
        <translation>Вижте изчислителния граф, който PyTorch, TensorFlow и JAX наистина строят, със стойностите и градиентите.</translation>
    </message>
</context>
<context>
    <name>ConfusionPlot</name>
    <message>
        <source>taken for</source>
        <translation>взети за</translation>
    </message>
    <message>
        <source>{label} taken for {guess}: {count} of {total}</source>
        <translation>{label} взета за {guess}: {count} от {total}</translation>
    </message>
</context>
<context>
    <name>DigitsPlot</name>
    <message>
        <source>A {label}, taken for a {guess}; {number}</source>
        <translation>{label}, взета за {guess}; {number}</translation>
    </message>
</context>
<context>
    <name>EmptyPanel</name>
    <message>
        <source>Type an expression, or start from one</source>
        <translation>Въведете израз или започнете от готов</translation>
    </message>
    <message>
        <source>You see the graph that PyTorch, TensorFlow and JAX build from it, values and gradients included.</source>
        <translation>Виждате графа, който PyTorch, TensorFlow и JAX строят от него, със стойностите и градиентите.</translation>
    </message>
    <message>
        <source>A famous expression</source>
        <translation>Известен израз</translation>
    </message>
    <message>
        <source>A small network</source>
        <translation>Малка мрежа</translation>
    </message>
    <message>
        <source>Your own file</source>
        <translation>Ваш файл</translation>
    </message>
    <message>
        <source>open, or drop it here</source>
        <translation>отворете го или го пуснете тук</translation>
    </message>
</context>
<context>
    <name>EntryPicker</name>
    <message>
        <source>What of the text is shown</source>
        <translation>Какво от текста се показва</translation>
    </message>
</context>
<context>
    <name>ExportDialog</name>
    <message>
        <source>picture</source>
        <translation>картина</translation>
    </message>
    <message>
        <source>document, for print and slides</source>
        <translation>документ за печат и слайдове</translation>
    </message>
    <message>
        <source>drawing, for web and editors</source>
        <translation>рисунка за уеб и редактори</translation>
    </message>
    <message>
        <source>page with search and details</source>
        <translation>страница с търсене и подробности</translation>
    </message>
    <message>
        <source>graph for yEd, Gephi, networkx</source>
        <translation>граф за yEd, Gephi, networkx</translation>
    </message>
    <message>
        <source>graph for Graphviz</source>
        <translation>граф за Graphviz</translation>
    </message>
    <message>
        <source>graph as JSON</source>
        <translation>граф като JSON</translation>
    </message>
    <message>
        <source>graph as text</source>
        <translation>граф като текст</translation>
    </message>
    <message>
        <source>light</source>
        <translation>светли</translation>
    </message>
    <message>
        <source>dark</source>
        <translation>тъмни</translation>
    </message>
    <message>
        <source>projector</source>
        <translation>за проектор</translation>
    </message>
    <message>
        <source>Export picture</source>
        <translation>Изнеси картина</translation>
    </message>
    <message>
        <source>the whole graph</source>
        <translation>целия граф</translation>
    </message>
    <message>
        <source>what is in view</source>
        <translation>това, което се вижда</translation>
    </message>
    <message>
        <source>the selected cards and the wires between them</source>
        <translation>избраните карти и връзките между тях</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>Запиши</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Прекъсни</translation>
    </message>
    <message>
        <source>form</source>
        <translation>вид</translation>
    </message>
    <message>
        <source>Choose…</source>
        <translation>Избери…</translation>
    </message>
    <message>
        <source>file</source>
        <translation>файл</translation>
    </message>
    <message>
        <source>part</source>
        <translation>част</translation>
    </message>
    <message>
        <source>colours</source>
        <translation>цветове</translation>
    </message>
</context>
<context>
    <name>FindBar</name>
    <message>
        <source>Find an operation or a value</source>
        <translation>Търсене на операция или стойност</translation>
    </message>
    <message>
        <source>find in the graph</source>
        <translation>търсене в графа</translation>
    </message>
    <message>
        <source>%1 in the graph</source>
        <translation>%1 в графа</translation>
    </message>
    <message>
        <source>%1 in the text</source>
        <translation>%1 в текста</translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <translation>%1 от %2</translation>
    </message>
    <message>
        <source>nothing found</source>
        <translation>няма съвпадения</translation>
    </message>
    <message>
        <source>%1 found</source>
        <translation>намерени: %1</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Затвори</translation>
    </message>
</context>
<context>
    <name>FitPlot</name>
    <message>
        <source>straight line</source>
        <translation>права</translation>
    </message>
    <message>
        <source>step {step}</source>
        <translation>стъпка {step}</translation>
    </message>
    <message>
        <source>model</source>
        <translation>модел</translation>
    </message>
</context>
<context>
    <name>GraphCanvas</name>
    <message>
        <source>Graph</source>
        <translation>Граф</translation>
    </message>
    <message>
        <source>Out of date</source>
        <translation>Остаряло</translation>
    </message>
</context>
<context>
    <name>Header</name>
    <message>
        <source>Graph</source>
        <translation>Граф</translation>
    </message>
    <message>
        <source>Train</source>
        <translation>Обучение</translation>
    </message>
    <message>
        <source>Show what %1 builds from the text</source>
        <translation>Покажи какво строи %1 от текста</translation>
    </message>
    <message>
        <source>device</source>
        <translation>устройство</translation>
    </message>
    <message>
        <source>%1 reports this one device</source>
        <translation>%1 съобщава само това устройство</translation>
    </message>
    <message>
        <source>where the arrays live</source>
        <translation>къде са масивите</translation>
    </message>
</context>
<context>
    <name>HeatMap</name>
    <message>
        <source>picture of the numbers</source>
        <translation>картина на числата</translation>
    </message>
</context>
<context>
    <name>HistogramChart</name>
    <message>
        <source>histogram</source>
        <translation>хистограма</translation>
    </message>
    <message>
        <source>%1 numbers from %2 to %3, most of them, %4, between %5 and %6</source>
        <translation>%1 числа от %2 до %3, повечето, %4, между %5 и %6</translation>
    </message>
</context>
<context>
    <name>InputsPanel</name>
    <message>
        <source>Inputs</source>
        <translation>Входове</translation>
    </message>
    <message>
        <source>A number, a list such as [1.0, 2.0], or a generator: %1. Add :float64 for another dtype.</source>
        <translation>Число, списък като [1.0, 2.0] или генератор: %1. Добавете :float64 за друг тип.</translation>
    </message>
</context>
<context>
    <name>Inspector</name>
    <message>
        <source>type</source>
        <translation>тип</translation>
    </message>
    <message>
        <source>adjoint of</source>
        <translation>градиент на</translation>
    </message>
    <message>
        <source>role</source>
        <translation>роля</translation>
    </message>
    <message>
        <source>name</source>
        <translation>име</translation>
    </message>
    <message>
        <source>source</source>
        <translation>текст</translation>
    </message>
    <message>
        <source>value</source>
        <translation>стойност</translation>
    </message>
    <message>
        <source>not computed yet</source>
        <translation>още не е пресметнато</translation>
    </message>
    <message>
        <source>adjoint</source>
        <translation>градиент</translation>
    </message>
    <message>
        <source>no path to the output</source>
        <translation>няма път до изхода</translation>
    </message>
    <message>
        <source>In the other stages</source>
        <translation>В другите етапи</translation>
    </message>
    <message>
        <source>and %1 more</source>
        <translation>и още %1</translation>
    </message>
    <message>
        <source>the same</source>
        <translation>същото</translation>
    </message>
    <message>
        <source>its cotangent</source>
        <translation>градиентът му</translation>
    </message>
    <message>
        <source>a share of its cotangent</source>
        <translation>дял от градиента му</translation>
    </message>
    <message>
        <source>kept for the way back</source>
        <translation>запазено за обратния ход</translation>
    </message>
    <message>
        <source>found by comparing, not recorded by the framework</source>
        <translation>намерено чрез сравнение, не е записано от библиотеката</translation>
    </message>
    <message>
        <source>Click a card to see what it computes.</source>
        <translation>Щракнете върху карта, за да видите какво пресмята.</translation>
    </message>
    <message>
        <source>nodes</source>
        <translation>възли</translation>
    </message>
    <message>
        <source>traced in</source>
        <translation>време</translation>
    </message>
    <message>
        <source>numbers kept</source>
        <translation>пазени числа</translation>
    </message>
    <message>
        <source>ran on</source>
        <translation>изпълнено на</translation>
    </message>
</context>
<context>
    <name>InspectorPlaces</name>
    <message>
        <source>A group of operations. Enter or a double click opens it where it stands.</source>
        <translation>Група от операции. Enter или двойно щракване я отваря на място.</translation>
    </message>
    <message>
        <source>A group of operations, open. Enter or a double click on its header closes it.</source>
        <translation>Отворена група от операции. Enter или двойно щракване върху заглавието ѝ я затваря.</translation>
    </message>
    <message>
        <source>nodes</source>
        <translation>възли</translation>
    </message>
    <message>
        <source>groups inside</source>
        <translation>групи вътре</translation>
    </message>
    <message>
        <source>alike blocks</source>
        <translation>еднакви блока</translation>
    </message>
    <message>
        <source>reads from</source>
        <translation>чете от</translation>
    </message>
    <message>
        <source>read by</source>
        <translation>чете се от</translation>
    </message>
    <message>
        <source>name</source>
        <translation>име</translation>
    </message>
    <message>
        <source>value</source>
        <translation>стойност</translation>
    </message>
    <message>
        <source>type</source>
        <translation>тип</translation>
    </message>
    <message>
        <source>role</source>
        <translation>роля</translation>
    </message>
</context>
<context>
    <name>KeysDialog</name>
    <message>
        <source>Keys</source>
        <translation>Клавиши</translation>
    </message>
    <message>
        <source>Anywhere</source>
        <translation>Навсякъде</translation>
    </message>
    <message>
        <source>On the graph</source>
        <translation>Върху графа</translation>
    </message>
    <message>
        <source>In the player</source>
        <translation>В плейъра</translation>
    </message>
    <message>
        <source>In lecture mode</source>
        <translation>В режим лекция</translation>
    </message>
    <message>
        <source>Arrows</source>
        <translation>Стрелки</translation>
    </message>
    <message>
        <source>Walk along the wires</source>
        <translation>Ход по връзките</translation>
    </message>
</context>
<context>
    <name>LabelPen</name>
    <message>
        <source>saved for the way back</source>
        <translation>запазено за обратния ход</translation>
    </message>
    <message>
        <source>saved, {size}</source>
        <translation>запазено, {size}</translation>
    </message>
</context>
<context>
    <name>Legend</name>
    <message>
        <source>class 0</source>
        <translation>клас 0</translation>
    </message>
    <message>
        <source>class 1</source>
        <translation>клас 1</translation>
    </message>
    <message>
        <source>validation</source>
        <translation>проверка</translation>
    </message>
    <message>
        <source>training points</source>
        <translation>точки за обучение</translation>
    </message>
    <message>
        <source>validation points</source>
        <translation>точки за проверка</translation>
    </message>
    <message>
        <source>scale of the colours</source>
        <translation>скала на цветовете</translation>
    </message>
</context>
<context>
    <name>LivePlot</name>
    <message>
        <source>step {step}   loss {train}</source>
        <translation>стъпка {step}   загуба {train}</translation>
    </message>
    <message>
        <source>step {step}   training {train}   validation {validation}</source>
        <translation>стъпка {step}   обучение {train}   проверка {validation}</translation>
    </message>
    <message>
        <source>training</source>
        <translation>обучение</translation>
    </message>
    <message>
        <source>validation</source>
        <translation>проверка</translation>
    </message>
    <message>
        <source>loss</source>
        <translation>загуба</translation>
    </message>
    <message>
        <source>least loss {loss} · step {step}</source>
        <translation>най-малка загуба {loss} · стъпка {step}</translation>
    </message>
    <message>
        <source>best validation {loss} · step {step}</source>
        <translation>най-добра проверка {loss} · стъпка {step}</translation>
    </message>
</context>
<context>
    <name>MainWindow</name>
    <message>
        <source>Writing %1 …</source>
        <translation>Записва се %1 …</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Прекъсни</translation>
    </message>
    <message>
        <source>Written: %1</source>
        <translation>Записано: %1</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>Отвори</translation>
    </message>
    <message>
        <source>The text from last time was not saved.</source>
        <translation>Текстът от миналия път не беше записан.</translation>
    </message>
    <message>
        <source>Bring it back</source>
        <translation>Върни го</translation>
    </message>
    <message>
        <source>Run</source>
        <translation>Изпълни</translation>
    </message>
</context>
<context>
    <name>Menus</name>
    <message>
        <source>Theme</source>
        <translation>Тема</translation>
    </message>
    <message>
        <source>Groups</source>
        <translation>Групи</translation>
    </message>
    <message>
        <source>Samples</source>
        <translation>Примери</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>Модели</translation>
    </message>
    <message>
        <source>Recent files</source>
        <translation>Последни файлове</translation>
    </message>
</context>
<context>
    <name>MessageStrip</name>
    <message>
        <source>Close</source>
        <translation>Затвори</translation>
    </message>
</context>
<context>
    <name>Minimap</name>
    <message>
        <source>Minimap</source>
        <translation>Мини карта</translation>
    </message>
</context>
<context>
    <name>MomentsBar</name>
    <message>
        <source>Follow the newest step (End)</source>
        <translation>Към най-новата стъпка (End)</translation>
    </message>
    <message>
        <source>Steps that were kept</source>
        <translation>Запазени стъпки</translation>
    </message>
    <message>
        <source>Kept steps: drag, or Left and Right; ◆ is the best one</source>
        <translation>Запазени стъпки: влачете или Left и Right; ◆ е най-добрата</translation>
    </message>
    <message>
        <source>End</source>
        <translation>Край</translation>
    </message>
    <message>
        <source>Live</source>
        <translation>На живо</translation>
    </message>
</context>
<context>
    <name>NumbersTable</name>
    <message>
        <source>name</source>
        <translation>име</translation>
    </message>
    <message>
        <source>shape</source>
        <translation>форма</translation>
    </message>
    <message>
        <source>value</source>
        <translation>стойност</translation>
    </message>
    <message>
        <source>Parameters</source>
        <translation>Параметри</translation>
    </message>
    <message>
        <source>not computed yet</source>
        <translation>още не е пресметнато</translation>
    </message>
    <message>
        <source>{size}: the root of the sum of its squares</source>
        <translation>{size}: корен от сбора на квадратите</translation>
    </message>
</context>
<context>
    <name>OutlinePanel</name>
    <message>
        <source>Filter</source>
        <translation>Филтър</translation>
    </message>
    <message>
        <source>filter the outline</source>
        <translation>филтър на дървото</translation>
    </message>
    <message>
        <source>Outline</source>
        <translation>Дърво на групите</translation>
    </message>
    <message>
        <source>outline of the graph</source>
        <translation>дърво на графа</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Затвори</translation>
    </message>
</context>
<context>
    <name>OutputPanel</name>
    <message>
        <source>What a program prints appears here.</source>
        <translation>Тук се появява това, което програмата отпечатва.</translation>
    </message>
    <message>
        <source>output</source>
        <translation>изход</translation>
    </message>
</context>
<context>
    <name>PaneBar</name>
    <message>
        <source>Close</source>
        <translation>Затвори</translation>
    </message>
</context>
<context>
    <name>Places</name>
    <message>
        <source>line %1</source>
        <translation>ред %1</translation>
    </message>
    <message>
        <source>line %1, column %2</source>
        <translation>ред %1, колона %2</translation>
    </message>
</context>
<context>
    <name>PlayerBar</name>
    <message>
        <source>backward</source>
        <translation>назад</translation>
    </message>
    <message>
        <source>forward</source>
        <translation>напред</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Спри</translation>
    </message>
    <message>
        <source>Play</source>
        <translation>Пусни</translation>
    </message>
</context>
<context>
    <name>ProblemRow</name>
    <message>
        <source>details</source>
        <translation>подробности</translation>
    </message>
</context>
<context>
    <name>ProblemsPanel</name>
    <message>
        <source>No problems.</source>
        <translation>Няма проблеми.</translation>
    </message>
</context>
<context>
    <name>ResultPanel</name>
    <message>
        <source>Result before the change</source>
        <translation>Резултат преди промяната</translation>
    </message>
    <message>
        <source>Result</source>
        <translation>Резултат</translation>
    </message>
    <message>
        <source>not computed yet</source>
        <translation>още не е пресметнато</translation>
    </message>
</context>
<context>
    <name>RunChoices</name>
    <message>
        <source>Units of the hidden layers, such as 16, 16</source>
        <translation>Единици в скритите слоеве, например 16, 16</translation>
    </message>
    <message>
        <source>Inputs that train, such as w, b; empty: all floats but x and y, which are data</source>
        <translation>Какво се обучава, например w, b; празно: всички числа с плаваща точка без x и y, които са данни</translation>
    </message>
    <message>
        <source>Share of the points that train; the others validate</source>
        <translation>Дял на точките за обучение; останалите са за проверка</translation>
    </message>
    <message>
        <source>Share of the training labels that are wrong on purpose</source>
        <translation>Дял на нарочно грешните етикети за обучение</translation>
    </message>
    <message>
        <source>Points in one update; 0 is all of them</source>
        <translation>Точки в една стъпка; 0 значи всички</translation>
    </message>
    <message>
        <source>How much large weights cost</source>
        <translation>Колко струват големите тегла</translation>
    </message>
    <message>
        <source>Share of the hidden units left out at every update</source>
        <translation>Дял на скритите неврони, изключени при всяка стъпка</translation>
    </message>
    <message>
        <source>Steps without a better validation loss before it stops; 0 never stops</source>
        <translation>Стъпки без по-добра загуба при проверка до спиране; 0 значи без спиране</translation>
    </message>
    <message>
        <source>function</source>
        <translation>функция</translation>
    </message>
    <message>
        <source>points</source>
        <translation>точки</translation>
    </message>
    <message>
        <source>trained</source>
        <translation>обучава</translation>
    </message>
    <message>
        <source>noise</source>
        <translation>шум</translation>
    </message>
    <message>
        <source>train share</source>
        <translation>дял обучение</translation>
    </message>
    <message>
        <source>wrong labels</source>
        <translation>грешни етикети</translation>
    </message>
    <message>
        <source>widths</source>
        <translation>ширини</translation>
    </message>
    <message>
        <source>activation</source>
        <translation>активация</translation>
    </message>
    <message>
        <source>L2</source>
        <translation>L2</translation>
    </message>
    <message>
        <source>dropout</source>
        <translation>dropout</translation>
    </message>
    <message>
        <source>patience</source>
        <translation>търпение</translation>
    </message>
    <message>
        <source>batch</source>
        <translation>партида</translation>
    </message>
    <message>
        <source>your text</source>
        <translation>вашият текст</translation>
    </message>
    <message>
        <source>mean squared error</source>
        <translation>средноквадратична грешка</translation>
    </message>
    <message>
        <source>binary cross-entropy</source>
        <translation>двоична крос-ентропия</translation>
    </message>
    <message>
        <source>cross-entropy</source>
        <translation>крос-ентропия</translation>
    </message>
    <message>
        <source>perceptron criterion</source>
        <translation>критерий на перцептрона</translation>
    </message>
    <message>
        <source>five points</source>
        <translation>пет точки</translation>
    </message>
    <message>
        <source>two moons</source>
        <translation>две луни</translation>
    </message>
    <message>
        <source>two circles</source>
        <translation>две окръжности</translation>
    </message>
    <message>
        <source>two spirals</source>
        <translation>две спирали</translation>
    </message>
    <message>
        <source>XOR</source>
        <translation>XOR</translation>
    </message>
    <message>
        <source>half planes</source>
        <translation>полуравнини</translation>
    </message>
    <message>
        <source>digits 8x8</source>
        <translation>цифри 8x8</translation>
    </message>
    <message>
        <source>function of x</source>
        <translation>функция на x</translation>
    </message>
</context>
<context>
    <name>RunsTable</name>
    <message>
        <source>model</source>
        <translation>модел</translation>
    </message>
    <message>
        <source>framework</source>
        <translation>библиотека</translation>
    </message>
    <message>
        <source>parameters</source>
        <translation>параметри</translation>
    </message>
    <message>
        <source>training</source>
        <translation>обучение</translation>
    </message>
    <message>
        <source>validation</source>
        <translation>проверка</translation>
    </message>
    <message>
        <source>steps/s</source>
        <translation>стъпки/s</translation>
    </message>
    <message>
        <source>Runs</source>
        <translation>Обучения</translation>
    </message>
    <message>
        <source>   at step {step}</source>
        <translation>   на стъпка {step}</translation>
    </message>
</context>
<context>
    <name>SourcePanel</name>
    <message>
        <source>source</source>
        <translation>текст</translation>
    </message>
    <message>
        <source>Type an expression, such as a*(a+b), or paste a model</source>
        <translation>Напишете израз, например a*(a+b), или поставете модел</translation>
    </message>
    <message>
        <source>Source</source>
        <translation>Текст</translation>
    </message>
</context>
<context>
    <name>StageBar</name>
    <message>
        <source>Cancel</source>
        <translation>Прекъсни</translation>
    </message>
    <message>
        <source>stage</source>
        <translation>етап</translation>
    </message>
    <message>
        <source>starting %1 …</source>
        <translation>%1 се зарежда …</translation>
    </message>
    <message>
        <source>source</source>
        <translation>текст</translation>
    </message>
    <message>
        <source>the way forward and the way back, in one graph</source>
        <translation>правият и обратният ход в един граф</translation>
    </message>
    <message>
        <source>what the framework records from the text</source>
        <translation>какво записва библиотеката от текста</translation>
    </message>
    <message>
        <source>1 node</source>
        <translation>1 възел</translation>
    </message>
    <message>
        <source>%1 nodes</source>
        <translation>%1 възела</translation>
    </message>
</context>
<context>
    <name>StatisticsTable</name>
    <message>
        <source>statistics</source>
        <translation>статистика</translation>
    </message>
    <message>
        <source>min</source>
        <translation>мин</translation>
    </message>
    <message>
        <source>max</source>
        <translation>макс</translation>
    </message>
    <message>
        <source>mean</source>
        <translation>средно</translation>
    </message>
    <message>
        <source>std</source>
        <translation>ст. откл.</translation>
    </message>
    <message>
        <source>norm</source>
        <translation>норма</translation>
    </message>
    <message>
        <source>zeros</source>
        <translation>нули</translation>
    </message>
    <message>
        <source>infinite</source>
        <translation>безкрайни</translation>
    </message>
</context>
<context>
    <name>TensorView</name>
    <message>
        <source>value</source>
        <translation>стойност</translation>
    </message>
    <message>
        <source>adjoint</source>
        <translation>градиент</translation>
    </message>
    <message>
        <source>axis %1</source>
        <translation>ос %1</translation>
    </message>
    <message>
        <source>%1: more than the %2 that are loaded here</source>
        <translation>%1: повече от тези %2, които се зареждат тук</translation>
    </message>
    <message>
        <source>Save as .npy…</source>
        <translation>Запис като .npy…</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>Копиране</translation>
    </message>
    <message>
        <source>All numbers as text, every digit</source>
        <translation>Всички числа като текст, с всички цифри</translation>
    </message>
    <message>
        <source>Loading …</source>
        <translation>Зарежда се …</translation>
    </message>
    <message>
        <source>Load all %1 numbers (%2)</source>
        <translation>Зареждане на всички %1 числа (%2)</translation>
    </message>
    <message>
        <source>1 number in %1 is drawn</source>
        <translation>рисува се 1 число от %1</translation>
    </message>
</context>
<context>
    <name>TextPane</name>
    <message>
        <source>text of %1</source>
        <translation>текст на %1</translation>
    </message>
</context>
<context>
    <name>TextPanel</name>
    <message>
        <source>text of the stage</source>
        <translation>текст на етапа</translation>
    </message>
</context>
<context>
    <name>TrainForm</name>
    <message>
        <source>learning rate</source>
        <translation>скорост</translation>
    </message>
    <message>
        <source>steps</source>
        <translation>стъпки</translation>
    </message>
    <message>
        <source>seed</source>
        <translation>seed</translation>
    </message>
    <message>
        <source>starting …</source>
        <translation>зарежда се …</translation>
    </message>
    <message>
        <source>step {step}</source>
        <translation>стъпка {step}</translation>
    </message>
    <message>
        <source>Can be changed while it trains; the new rate then holds to the end.</source>
        <translation>Може да се променя по време на обучението; новата стойност важи до края.</translation>
    </message>
    <message>
        <source>Evaluations: 6001 means losses at weights after 0, 1, …, 6000 updates.</source>
        <translation>Пресмятания: 6001 значи загуби при теглата след 0, 1, …, 6000 обновявания.</translation>
    </message>
    <message>
        <source>Chooses the starting weights, the same in every framework.</source>
        <translation>Избира началните тегла, еднакви във всяка библиотека.</translation>
    </message>
    <message>
        <source>Train or pause (Space)</source>
        <translation>Обучавай или спри (Space)</translation>
    </message>
    <message>
        <source>One step (Right)</source>
        <translation>Една стъпка (Right)</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Край</translation>
    </message>
    <message>
        <source>One step</source>
        <translation>Една стъпка</translation>
    </message>
    <message>
        <source>Task</source>
        <translation>Задача</translation>
    </message>
    <message>
        <source>data</source>
        <translation>данни</translation>
    </message>
    <message>
        <source>model</source>
        <translation>модел</translation>
    </message>
    <message>
        <source>parameters</source>
        <translation>параметри</translation>
    </message>
    <message>
        <source>Training</source>
        <translation>Обучение</translation>
    </message>
    <message>
        <source>optimizer</source>
        <translation>оптимизатор</translation>
    </message>
    <message>
        <source>loss</source>
        <translation>загуба</translation>
    </message>
    <message>
        <source>batch</source>
        <translation>партида</translation>
    </message>
    <message>
        <source>Where</source>
        <translation>Къде</translation>
    </message>
    <message>
        <source>runs on</source>
        <translation>работи на</translation>
    </message>
    <message>
        <source>mode</source>
        <translation>режим</translation>
    </message>
    <message>
        <source>Train</source>
        <translation>Обучение</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Спри</translation>
    </message>
    <message>
        <source>all parameters</source>
        <translation>всички параметри</translation>
    </message>
    <message>
        <source>The text is written for {framework}.</source>
        <translation>Текстът е писан за {framework}.</translation>
    </message>
    <message>
        <source>Asked for {asked}, runs on {used}.</source>
        <translation>Поискано е {asked}, работи на {used}.</translation>
    </message>
    <message>
        <source>now {rate}</source>
        <translation>сега {rate}</translation>
    </message>
    <message>
        <source>{rate} from step {step} on</source>
        <translation>{rate} от стъпка {step}</translation>
    </message>
</context>
<context>
    <name>TrainPanel</name>
    <message>
        <source>no answer for {seconds} s</source>
        <translation>няма отговор от {seconds} s</translation>
    </message>
    <message>
        <source>step {step}</source>
        <translation>стъпка {step}</translation>
    </message>
    <message>
        <source>Not trained yet. Press the round button, or Space: {parameters} parameters, {points} points.</source>
        <translation>Още не е обучавано. Натиснете кръглия бутон или Space: {parameters} параметъра, {points} точки.</translation>
    </message>
    <message>
        <source>Train</source>
        <translation>Обучение</translation>
    </message>
    <message>
        <source>Starting {framework} …</source>
        <translation>{framework} се зарежда …</translation>
    </message>
    <message>
        <source>the parameters of your model</source>
        <translation>параметрите на вашия модел</translation>
    </message>
    <message>
        <source>Not trained yet. Press the round button, or Space: it trains {names}.</source>
        <translation>Още не е обучавано. Натиснете кръглия бутон или Space: обучават се {names}.</translation>
    </message>
    <message>
        <source>Back to step {step}</source>
        <translation>Назад към стъпка {step}</translation>
    </message>
    <message>
        <source>Go to step {step}</source>
        <translation>Към стъпка {step}</translation>
    </message>
    <message>
        <source>Try {count} parameters</source>
        <translation>Опитай с {count} параметъра</translation>
    </message>
    <message>
        <source>Try a learning rate of {rate}</source>
        <translation>Опитай скорост {rate}</translation>
    </message>
</context>
<context>
    <name>TrainView</name>
    <message>
        <source>right: {train}, validation {validation}</source>
        <translation>верни: {train}, проверка {validation}</translation>
    </message>
    <message>
        <source>Parameters</source>
        <translation>Параметри</translation>
    </message>
    <message>
        <source>Parameters at step {step}</source>
        <translation>Параметри на стъпка {step}</translation>
    </message>
    <message>
        <source>Validation digits</source>
        <translation>Цифри за проверка</translation>
    </message>
    <message>
        <source>Validation digits at step {step}</source>
        <translation>Цифри за проверка на стъпка {step}</translation>
    </message>
    <message>
        <source>Points</source>
        <translation>Точки</translation>
    </message>
    <message>
        <source>Fit at step {step}</source>
        <translation>Моделът на стъпка {step}</translation>
    </message>
    <message>
        <source>log–log</source>
        <translation>log–log</translation>
    </message>
    <message>
        <source>Logarithmic axes for steps and losses</source>
        <translation>Логаритмични оси за стъпките и загубите</translation>
    </message>
    <message>
        <source>Loss</source>
        <translation>Загуба</translation>
    </message>
    <message>
        <source>Finished runs stand here, side by side.</source>
        <translation>Завършените обучения стоят тук едно до друго.</translation>
    </message>
    <message>
        <source>Runs</source>
        <translation>Обучения</translation>
    </message>
</context>
<context>
    <name>groups</name>
    <message>
        <source>group, open</source>
        <translation>група, отворена</translation>
    </message>
    <message>
        <source>group, closed</source>
        <translation>група, затворена</translation>
    </message>
    <message>
        <source>%1 alike blocks</source>
        <translation>%1 еднакви блока</translation>
    </message>
    <message>
        <source>1 node</source>
        <translation>1 възел</translation>
    </message>
    <message>
        <source>%1 nodes</source>
        <translation>%1 възела</translation>
    </message>
</context>
<context>
    <name>plot</name>
    <message>
        <source>step {step}</source>
        <translation>стъпка {step}</translation>
    </message>
</context>
<context>
    <name>tooltips</name>
    <message>
        <source>value</source>
        <translation>стойност</translation>
    </message>
    <message>
        <source>adjoint</source>
        <translation>градиент</translation>
    </message>
    <message>
        <source>%1 values</source>
        <translation>%1 стойности</translation>
    </message>
    <message>
        <source>not computed yet</source>
        <translation>още не е пресметнато</translation>
    </message>
</context>
</TS>
